/** How large things are, and how soon they are there. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Map as ImmutableMap } from 'immutable';
import { collect, HAMT, stats } from '../dist/esm/index.js';
import { median } from './measure.mjs';

const row = (name, n, unit, ours, rivals = {}) => ({ suite: 'js', case: name, n, unit, ours, rivals, params: {} });

/** Bytes that `make` adds to the heap of the engine. */
function heapBytes(make) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const made = make();
  globalThis.gc();
  return [process.memoryUsage().heapUsed - before, made];
}

function bytesPerEntry(n) {
  const numbers = Array.from({ length: n }, (_, i) => i);
  collect();
  const before = stats().liveBytes;
  const [ourHeap, ours] = heapBytes(() =>
    HAMT.from(
      numbers.map((i) => [`key${i}`, i]),
      'number',
    ),
  );
  collect();
  const live = stats().liveBytes - before;
  const [theirs, immutable] = heapBytes(() => ImmutableMap(numbers.map((i) => [`key${i}`, i])));
  if (ours.size !== immutable.size) throw new Error('different sizes');
  return row('bytes_per_entry', n, 'B', (live + ourHeap) / n, { immutable: theirs / n });
}

/** From the import to the first entry, in a new process: of ours, of Immutable.js, and of an import of nothing. */
function startMs() {
  const once = (from, use) => {
    const program = `
      const started = performance.now();
      const made = await import(${JSON.stringify(from)});
      ${use};
      console.log(performance.now() - started);`;
    return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
  };
  const sides = {
    ours: [new URL('../dist/esm/hamt.js', import.meta.url).href, "new made.HAMT().set('a', 1)"],
    immutable: [import.meta.resolve('immutable'), "made.Map().set('a', 1)"],
    nothing: ['data:text/javascript,', ''],
  };
  const taken = { ours: [], immutable: [], nothing: [] };
  for (let round = 0; round < 11; round++) {
    for (const [side, [from, use]] of Object.entries(sides)) taken[side].push(once(from, use));
  }
  const { ours, immutable, nothing } = Object.fromEntries(
    Object.entries(taken).map(([side, values]) => [side, median(values)]),
  );
  return { ...row('start_ms', 1, 'ms', ours, { immutable }), params: { nothing } };
}

export function measureFootprint() {
  const module = readFileSync(new URL('../../../build/wasm/coppice.wasm', import.meta.url));
  return [bytesPerEntry(100_000), row('wasm_gzip_bytes', 1, 'B', gzipSync(module, { level: 9 }).length), startMs()];
}
