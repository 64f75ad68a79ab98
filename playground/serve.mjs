/**
 * Serves build/playground to this machine, with the two headers that let a page share memory with its workers.
 *
 * Usage: node playground/serve.mjs [PORT]   (8080, or a free one if that is taken; 0: any)
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../build/playground');
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

async function answer(request, response) {
  // A URL's path has no `..` left in it.
  const { pathname } = new URL(request.url, 'http://localhost');
  const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  try {
    const body = await readFile(join(root, name));
    response.writeHead(200, {
      'Content-Type': `${TYPES[extname(name)] ?? 'application/octet-stream'}; charset=utf-8`,
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    response.end(body);
  } catch {
    response.writeHead(404).end('there is no such file\n');
  }
}

function listen(port) {
  const server = createServer((request, response) => void answer(request, response));
  server.once('error', (error) => {
    if (error.code !== 'EADDRINUSE' || port === 0) throw error;
    listen(0);
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`the playground is at http://localhost:${server.address().port}/ (Ctrl+C ends it)`);
  });
}

listen(Number(process.argv[2] ?? 8080));
