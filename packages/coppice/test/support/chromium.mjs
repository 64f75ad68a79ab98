/** Runs a file of tests in a page of headless Chromium, Debian's, served from this process. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, relative } from 'node:path';
import { chromium } from 'playwright-core';
import { LIMIT_MS } from './process.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm', '.css': 'text/css' };
/** A host that is this machine but, unlike localhost, no secure one: its pages have no Web Locks. */
const INSECURE = 'insecure.test';
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Serves a folder, to pages that may share memory or else to such as have the least rights, and, at /page?PATH, an empty page that loads the module PATH of it. */
export async function serve(folder, isolated) {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    const page = `<!doctype html><title>tests</title><script type="module" src="/${search.slice(1)}"></script>`;
    try {
      const body = pathname === '/page' ? page : readFileSync(join(folder, pathname));
      const type = pathname === '/page' ? 'text/html' : (TYPES[extname(pathname)] ?? 'application/octet-stream');
      response.writeHead(200, { 'Content-Type': type, ...(isolated ? ISOLATION : {}) }).end(body);
    } catch {
      // A page that names no icon is asked for one all the same, and a 404 would be an error in its console.
      response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = isolated ? 'localhost' : INSECURE;
  return { origin: `http://${host}:${server.address().port}`, close: () => server.close() };
}

let launched;

export function browser() {
  launched ??= chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`],
  });
  return launched;
}

export async function closeBrowser() {
  await (await launched)?.close();
  launched = undefined;
}

/** Opens a page and hands each line of its console to `print` until it says `last`. Resolves as runInProcess does. */
export async function runPage(url, print, last = 'end') {
  const page = await (await browser()).newPage();
  let timer;
  try {
    return await new Promise((resolve) => {
      timer = setTimeout(() => resolve(`stopped after ${LIMIT_MS} ms`), LIMIT_MS);
      page.on('console', (message) => {
        if (message.text() === last) resolve('well');
        else message.text().split('\n').forEach(print);
      });
      page.on('pageerror', (error) => resolve(`error in the page: ${error.message}`));
      page.on('crash', () => resolve('the page crashed'));
      page.goto(url).catch((error) => resolve(`cannot open the page: ${error.message}`));
    });
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}

export async function runInChromium(folder, file, isolated, print) {
  const server = await serve(folder, isolated);
  try {
    return await runPage(`${server.origin}/page?${relative(folder, file)}`, print);
  } finally {
    server.close();
  }
}
