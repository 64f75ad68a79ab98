/**
 * Measures the collections against Immutable.js and native containers, and writes rows of bench/report.json.
 *
 * Usage: node --expose-gc bench/bench.mjs [--out FILE] [--quick] [--only maps|vectors|small|workers|footprint|chain]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureFootprint } from './footprint.mjs';
import { measureChain, measureMaps } from './maps.mjs';
import { sink } from './measure.mjs';
import { measureSmall } from './small.mjs';
import { measureVectors } from './vectors.mjs';
import { measureWorkers } from './workers.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    quick: { type: 'boolean' },
    growth: { type: 'boolean' },
    only: { type: 'string' },
  },
});
const quick = options.quick ?? false;
const sizes = quick ? [1000, 100_000] : [1000, 100_000, 1_000_000];

const parts = {
  footprint: () => measureFootprint(),
  maps: () =>
    sizes.flatMap((n) => [...measureMaps(n, quick, 'number'), ...(n > 1e5 ? [] : measureMaps(n, quick, 'string'))]),
  vectors: () => sizes.flatMap((n) => measureVectors(n, quick)),
  small: () => [100, 1000, 10_000].flatMap((n) => measureSmall(n, quick)),
  workers: () => measureWorkers(quick),
  chain: () => measureChain(),
};

function show({ case: name, n, unit, ours, rivals, params }) {
  const round = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  const against = Object.entries(rivals).map(
    ([rival, value]) => `${rival} ${round(value)} (${(ours / value).toFixed(2)})`,
  );
  const extra = Object.entries(params).map(
    ([key, value]) => `${key}=${typeof value === 'number' ? round(value) : value}`,
  );
  return [name.padEnd(20), String(n).padStart(8), `${round(ours)} ${unit}`.padStart(12), ...against, ...extra].join(
    '  ',
  );
}

const rows = [];
for (const [name, measure] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== name) continue;
  for (const row of await measure()) {
    console.log(show(row));
    rows.push(row);
  }
}
console.log(`(${sink.sum})`);
if (options.out) writeFileSync(options.out, JSON.stringify(rows));
