/**
 * Builds dist/: each file of src/ by itself, as ESM in dist/esm and as CommonJS in dist/cjs, with declarations beside both.
 *
 * The WebAssembly module is compiled first (scripts/wasm), if what it is made of has changed.
 *
 * Usage: node build.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
execFileSync(join(root, '../../scripts/wasm'), { stdio: ['ignore', 2, 2] });
const sources = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts'));
const entryPoints = sources.map((name) => join(root, 'src', name));

rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const format of ['esm', 'cjs']) {
  const outdir = join(root, 'dist', format);
  await build({ entryPoints, outdir, outbase: join(root, 'src'), format, target: 'es2022', logLevel: 'warning' });
}

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
