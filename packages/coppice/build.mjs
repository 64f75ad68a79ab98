/**
 * Builds dist/: a file for each entry of the package and a few for what they have in common, as ESM in dist/esm and as
 * CommonJS in dist/cjs, with declarations beside both. Few files, because each one takes a millisecond to load.
 *
 * The WebAssembly module is compiled first (scripts/wasm), if what it is made of has changed.
 *
 * Usage: node build.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
execFileSync(join(root, '../../scripts/wasm'), { stdio: ['ignore', 2, 2] });
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entryPoints = Object.values(exports)
  .filter((entry) => typeof entry === 'object')
  .map((entry) => join(root, 'src', basename(entry.import.default, '.js') + '.ts'));

rmSync(join(root, 'dist'), { recursive: true, force: true });
const common = { target: 'es2022', logLevel: 'warning', charset: 'utf8' };
const esm = join(root, 'dist/esm');
await build({
  ...common,
  entryPoints,
  outdir: esm,
  chunkNames: 'core/[hash]',
  format: 'esm',
  bundle: true,
  splitting: true,
  platform: 'neutral',
});
// File by file, so that what the entries share is shared here too: it has state.
const files = readdirSync(esm, { recursive: true }).filter((name) => name.endsWith('.js'));
await build({
  ...common,
  entryPoints: files.map((name) => join(esm, name)),
  outdir: join(root, 'dist/cjs'),
  outbase: esm,
  format: 'cjs',
});

const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

// The same declarations serve both: a package.json beside them says which kind of module they describe.
const declarationsOnly = (name) => !/\.js$/.test(name);
cpSync(join(root, 'dist/esm'), join(root, 'dist/cjs'), { recursive: true, filter: declarationsOnly });
cpSync(join(root, '../../build/wasm/coppice.wasm'), join(root, 'dist/coppice.wasm'));
writeFileSync(join(root, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
