/**
 * Builds the playground into build/playground: static files, for any host. The page and its workers are bundled with the
 * sources of the npm package.
 *
 * Usage: node playground/build.mjs
 */
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const library = join(folder, '../packages/coppice');
const { build } = createRequire(join(library, 'package.json'))('esbuild');

export const out = join(folder, '../build/playground');

export async function buildPlayground() {
  rmSync(out, { recursive: true, force: true });
  await build({
    entryPoints: ['page', 'map-worker', 'measure-worker'].map((name) => join(folder, `src/${name}.ts`)),
    outdir: out,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    alias: { coppice: join(library, 'src/index.ts') },
    nodePaths: [join(library, 'node_modules')],
  });
  for (const file of ['index.html', 'style.css', 'icon.svg']) cpSync(join(folder, file), join(out, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground();
