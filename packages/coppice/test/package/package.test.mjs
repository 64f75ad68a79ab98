/**
 * What a stranger gets: the packed package, installed into new projects and used in every way that it promises. Prints
 * the lines that test/run.mjs reads.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { closeBrowser, runPage, serve } from '../support/chromium.mjs';
import { report } from '../support/report.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const repository = join(root, '../..');
const work = mkdtempSync(join(tmpdir(), 'coppice-package-'));

/** Output of a command; fails with all that it printed. */
async function run(cwd, command, ...args) {
  try {
    return (await promisify(execFile)(command, args, { cwd })).stdout;
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}: ${error.message}\n${error.stdout}\n${error.stderr}`);
  }
}

const node = (cwd, ...args) => run(cwd, process.execPath, ...args);
const tsc = (cwd) => node(cwd, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');

/** A new folder with these files, below the one where the package is installed. */
function project(name, files) {
  const folder = join(work, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries({ 'package.json': '{ "type": "module", "private": true }', ...files })) {
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** What a page shows: code blocks whose first line is a comment with a file's name, and sessions that run them. */
function read(page) {
  const text = readFileSync(page, 'utf8');
  const blocks = text.matchAll(/^```(?:js|html)\n(?:\/\/|<!--) (\S+)[^\n]*\n([^]*?)^```$/gm);
  const files = Object.fromEntries([...blocks].map(([, name, block]) => [name, block]));
  return { files, sessions: [...text.matchAll(/^```console\n\$ node (\S+)\n([^]*?)^```$/gm)] };
}
const readme = read(join(root, 'README.md'));

/** Runs what a page shows, and compares. */
async function runShown(name, { files, sessions }) {
  const folder = project(name, files);
  assert.ok(sessions.length > 0);
  for (const [, file, output] of sessions) assert.equal(await node(folder, file), output, file);
}

/** The programs of examples/javascript, and the output that each says it has. */
function programs() {
  const folder = join(repository, 'examples/javascript');
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const printed = Object.entries(files).map(([name, text]) => {
    const lines = /^\/\/ Prints:\n((?:\/\/ {3}.*\n)+)/m.exec(text)?.[1] ?? '';
    return [name, lines.replace(/^\/\/ {3}/gm, '')];
  });
  return { files, printed };
}

/** The examples of doc comments, as modules. */
function examples() {
  // What is in core/ is not exported.
  const declarations = readdirSync(join(root, 'dist/esm'), { recursive: true }).filter(
    (name) => name.endsWith('.d.ts') && !name.startsWith('core/'),
  );
  const texts = declarations.map((name) => readFileSync(join(root, 'dist/esm', name), 'utf8'));
  const blocks = texts.flatMap((text) => [...text.matchAll(/@example\n[^]*?```ts\n([^]*?)```/g)]);
  return blocks.map(([, block]) => block.replace(/^ *\* ?/gm, ''));
}

const typed = `
import { bind, Registry, RegistryError, unbind, type AcquireOptions, type RegistryData, type WorkerLike } from 'coppice/registry';
import { attach, fromBytes, Registry as same, share, snapshotBytes, type ShareToken } from 'coppice';
import { HAMT, type Change, type Key } from 'coppice/hamt';
import { HAMTSet } from 'coppice/hamt-set';
import { pack, unpack, unpackNamed, type PackOptions } from 'coppice/pack';
import { Vector } from 'coppice/vector';
import { Worker, workerData } from 'node:worker_threads';
const registry: Registry<string> = new same<string>(10);
const data: RegistryData<string> = registry.data;
const options: AcquireOptions = { timeoutMs: 1, signal: AbortSignal.timeout(1) };
const threads: WorkerLike = new Worker('./w.js', { workerData: data });
bind(registry, threads);
unbind(registry, new Worker('./w.js'));
export const got: Promise<string | undefined> = registry.acquire(1, options);
export const entries: [number, string][] = [...registry];
export const code = (error: RegistryError): 'not_held' | 'closed' | 'unbound' => error.code;
const map: HAMT<number> = new HAMT<number>('number').set('a', 1);
export const found: number | undefined = map.get('a');
export const changes: Change<number>[] = [...map.diff(map)];
export const keys: Key[] = [...map.keys(), ...new HAMTSet<string>(['a'])];
export const token: ShareToken = share(new Vector<string>(['a']));
export const vector: Vector<string> = attach(share(new Vector<string>(['a'])));
export const theirs: number | undefined = attach<HAMT<number>>(workerData).get('a');
export const carried = fromBytes(snapshotBytes(vector)) as Vector<string>;
const packing: PackOptions = { seed: 1n };
export const packed: Uint8Array = pack([map, vector], packing);
export const unpacked: HAMT<number>[] = unpack<HAMT<number>>(packed, { maxElements: 10 });
export const byName: Map<string, HAMT<number>> = unpackNamed<HAMT<number>>(pack({ map }));
// @ts-expect-error: no collections
pack([1]);
// @ts-expect-error: values are numbers
map.set('a', 'b');
// @ts-expect-error: no key
map.get({});
// @ts-expect-error: values are strings
void registry.set(1, 2);
// @ts-expect-error: no worker
bind(registry, {});
`;

function tsconfig(module, moduleResolution, lib) {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  };
  const types = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
  const compilerOptions = { ...strict, ...types, target: 'es2022', lib, module, moduleResolution, noEmit: true };
  return JSON.stringify({ compilerOptions });
}

const tests = {
  'the tarball holds what is built and nothing else': async () => {
    const listed = (await run(work, 'tar', '-tzf', tarball)).trim().split('\n');
    const strangers = listed.filter(
      (name) => !/^package\/(package\.json|README\.md|LICENSE|dist\/(coppice\.wasm|(esm|cjs)\/.*))$/.test(name),
    );
    assert.deepEqual(strangers, []);
    for (const file of [
      'esm/registry.js',
      'cjs/registry.js',
      'esm/registry.d.ts',
      'cjs/registry.d.ts',
      'cjs/package.json',
    ]) {
      assert.ok(listed.includes(`package/dist/${file}`), file);
    }
  },

  'the examples of the README print what it says': () => runShown('readme', readme),

  'the JavaScript of the README of all of Coppice prints what it says': () =>
    runShown('coppice', read(join(repository, 'README.md'))),

  'the programs of examples/javascript print what they say': async () => {
    const { files, printed } = programs();
    const folder = project('programs', files);
    assert.ok(printed.length > 3);
    for (const [name, output] of printed) assert.equal(await node(folder, name), output, name);
  },

  'the module can be compiled by the program': async () => {
    const main = `
      import { readFileSync } from 'node:fs';
      import { configure, HAMT } from 'coppice';
      const bytes = readFileSync(new URL(import.meta.resolve('coppice/coppice.wasm')));
      configure({ module: await WebAssembly.compile(bytes) });
      console.log(new HAMT([['a', 1]]).get('a'));`;
    assert.equal(await node(project('module', { 'main.mjs': main }), 'main.mjs'), '1\n');
  },

  'CommonJS: require, in main and worker': async () => {
    const main = `
      const { Worker } = require('node:worker_threads');
      const { bind, Registry } = require('coppice/registry');
      const registry = new Registry();
      const worker = new Worker(require.resolve('./worker.cjs'), { workerData: registry.data });
      bind(registry, worker);
      worker.on('exit', async () => console.log(await registry.acquire(1), require('coppice').Registry === Registry));`;
    const worker = `
      const { bind, Registry } = require('coppice/registry');
      const registry = new Registry(require('node:worker_threads').workerData);
      bind(registry);
      registry.acquire(1).then(() => registry.set(1, 'from CommonJS'));`;
    assert.equal(
      await node(project('cjs', { 'main.cjs': main, 'worker.cjs': worker }), 'main.cjs'),
      'from CommonJS true\n',
    );
  },

  'what is not exported cannot be imported': async () => {
    const folder = project('inner', { 'main.js': "import 'coppice/dist/esm/registry.js';" });
    await assert.rejects(node(folder, 'main.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  },

  'strict TypeScript, node16: from an ES module and from CommonJS': async () => {
    const files = { 'a.mts': typed, 'b.cts': typed, 'tsconfig.json': tsconfig('node16', 'node16', ['es2023', 'dom']) };
    await tsc(project('node16', files));
  },

  'strict TypeScript, bundler, without the types of browsers': async () => {
    await tsc(project('bundler', { 'a.ts': typed, 'tsconfig.json': tsconfig('esnext', 'bundler', ['es2023']) }));
  },

  'the examples of doc comments compile': async () => {
    const blocks = examples();
    assert.ok(blocks.length > 5);
    const files = Object.fromEntries(blocks.map((block, index) => [`example${index}.ts`, block]));
    await tsc(project('examples', { ...files, 'tsconfig.json': tsconfig('esnext', 'bundler', ['es2023', 'dom']) }));
  },

  'a bundle made by esbuild runs in Node': async () => {
    const folder = project('esbuild', readme.files);
    const entryPoints = ['main.js', 'worker.js'].map((name) => join(folder, name));
    const outdir = join(folder, 'out');
    await esbuild({
      entryPoints,
      outdir,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'warning',
    });
    writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }');
    assert.equal(await node(outdir, 'main.js'), '3000\n');
  },

  'unused parts leave no trace in a bundle': async () => {
    const folder = project('shake', { 'main.js': "import 'coppice'; import { RegistryError } from 'coppice';" });
    const options = {
      entryPoints: [join(folder, 'main.js')],
      bundle: true,
      write: false,
      format: 'esm',
      logLevel: 'error',
    };
    assert.equal((await esbuild(options)).outputFiles[0].text.trim(), '');
  },

  'the page of the README, built by Vite, runs in Chromium': async () => {
    const folder = project('vite', readme.files);
    await vite({
      root: folder,
      configFile: false,
      logLevel: 'warn',
      build: { target: 'es2022' },
      worker: { format: 'es' },
    });
    const server = await serve(join(folder, 'dist'), true);
    const lines = [];
    try {
      assert.equal(await runPage(`${server.origin}/index.html`, (line) => lines.push(line), 'released'), 'well');
    } finally {
      server.close();
    }
    assert.deepEqual(lines, ['hello from the worker']);
  },
};

const packed = JSON.parse(await run(root, 'npm', 'pack', '--json', '--pack-destination', work));
const tarball = join(work, packed[0].filename);
writeFileSync(join(work, 'package.json'), '{ "private": true }');
await run(work, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball);
await report(tests);
await closeBrowser();
rmSync(work, { recursive: true });
console.log('end');
