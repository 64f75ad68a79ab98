/**
 * Runs the tests in real runtimes.
 *
 * Usage: node test/run.mjs [node|bun|deno|chromium|chromium-plain|package|playground]... [--only PART-OF-FILE-NAME]
 *
 * Every *.test.ts is bundled once and loaded by each runtime in a process or page of its own, which has to end by itself:
 * a process that something keeps alive has failed. `chromium` serves pages that may share memory (COOP and COEP),
 * `chromium-plain` serves them without, and not securely; `package` installs the packed package into new projects,
 * `playground` builds the page of playground/ and uses it in Chromium. Prints a line for each test and at the end for each
 * runtime `RUNTIME: N passed, N failed, N skipped`; fails if any test failed or a runtime ran none.
 */
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { closeBrowser, runInChromium } from './support/chromium.mjs';
import { runInProcess } from './support/process.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, '../../build/js');
const tool = (name) => join(root, 'node_modules/.bin', name);

/** How each runtime loads a file; all resolve to 'well' or to what is wrong. */
const runtimes = {
  node: (file, print) => runInProcess(tool('node'), [file], print),
  bun: (file, print) => runInProcess(tool('bun'), [file], print),
  deno: (file, print) => runInProcess(tool('deno'), ['run', '-A', '--no-config', file], print),
  chromium: (file, print) => runInChromium(out, file, true, print),
  'chromium-plain': (file, print) => runInChromium(out, file, false, print),
  package: (file, print) => runInProcess(tool('node'), [file], print),
  playground: (file, print) => runInProcess(tool('node'), [file], print),
};
/** Those that have tests of their own, in the folder of that name. */
const apart = ['package', 'playground'];

function sources(folder, end) {
  return readdirSync(join(root, 'test', folder), { recursive: true })
    .filter((name) => name.endsWith(end))
    .map((name) => join(root, 'test', folder, name));
}

/** Bundles tests and workers, each into one file, and returns the tests'. */
async function bundle() {
  rmSync(out, { recursive: true, force: true });
  const tests = sources('.', '.test.ts');
  for (const [files, folder] of [
    [tests, 'tests'],
    [sources('workers', '.ts'), 'workers'],
  ]) {
    const entryPoints = files.map((file) => ({ in: file, out: basename(file, '.ts') }));
    const outdir = join(out, folder);
    const loader = { '.pack': 'binary' };
    await build({ entryPoints, outdir, bundle: true, format: 'esm', target: 'es2022', loader, logLevel: 'warning' });
  }
  return tests.map((file) => join(out, 'tests', `${basename(file, '.ts')}.js`)).sort();
}

/** Runs the files in a runtime and prints what they say. */
async function run(runtime, files) {
  const counts = { ok: 0, 'not ok': 0, skip: 0 };
  const started = Date.now();
  const print = (line) => {
    const verdict = /^(ok|not ok|skip) /.exec(line)?.[1];
    if (verdict) counts[verdict]++;
    console.log(verdict ? `${runtime}: ${line}` : line);
  };
  for (const file of files) {
    const how = await runtimes[runtime](file, print);
    if (how !== 'well') print(`not ok ${basename(file)} as a whole: ${how}`);
  }
  if (counts.ok + counts['not ok'] === 0) print('not ok: no test ran');
  const skipped = counts.skip > 0 ? `, ${counts.skip} skipped` : '';
  console.log(`${runtime} took ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return {
    line: `${runtime}: ${counts.ok} passed, ${counts['not ok']} failed${skipped}`,
    well: counts['not ok'] === 0,
  };
}

const wanted = process.argv.slice(2);
const onlyAt = wanted.indexOf('--only');
const only = onlyAt < 0 ? '' : (wanted.splice(onlyAt, 2)[1] ?? '');
const unknown = wanted.filter((name) => !Object.hasOwn(runtimes, name));
if (unknown.length > 0) {
  console.error(`test/run.mjs: no runtime ${unknown.join(', ')}; there are ${Object.keys(runtimes).join(', ')}`);
  process.exit(2);
}

const tests = (await bundle()).filter((file) => basename(file).includes(only));
const results = [];
for (const runtime of wanted.length > 0 ? wanted : Object.keys(runtimes)) {
  results.push(await run(runtime, apart.includes(runtime) ? sources(runtime, '.test.mjs') : tests));
}
await closeBrowser();
for (const { line } of results) console.log(line);
process.exitCode = results.every(({ well }) => well) ? 0 : 1;
