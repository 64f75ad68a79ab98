// Part three, in a worker of its own so that the page can be used meanwhile: measures HAMT and the Map of Immutable.js.
//
// Both do the same: the same keys, made anew for each operation, in the same order, and the same values. They take turns,
// round for round, each first as often as the other; what is read is summed. A garbage collection that falls into a round
// counts for whoever has it, and medians leave the odd one out.

import { HAMT } from 'coppice';
import { Map as ImmutableMap } from 'immutable';
import {
  type Case,
  CASES,
  type FromMeasurer,
  type Row,
  type Side,
  SIDES,
  type ToMeasurer,
} from './measure-protocol.js';

/** What the two have in common. */
interface PersistentMap {
  readonly size: number;
  set(key: string, value: number): PersistentMap;
  delete(key: string): PersistentMap;
  get(key: string): number | undefined;
  has(key: string): boolean;
  forEach(visit: (value: number, key: string) => void): unknown;
  [Symbol.iterator](): Iterator<[string, number]>;
}

const empty: Record<Side, () => PersistentMap> = {
  coppice: () => new HAMT<number>() as unknown as PersistentMap,
  immutable: () => ImmutableMap<string, number>(),
};

const NAMES = Object.keys(CASES) as Case[];

let sum = 0;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** Whole numbers below n in an order that looks random and is the same each time. */
function shuffled(n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  let state = 1;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Each case from a map, empty for `set` and full for others, to the map that is left. */
const bodies: Record<Case, (map: PersistentMap, order: readonly number[]) => PersistentMap> = {
  set: (map, order) => {
    let made = map;
    for (let i = 0; i < order.length; i++) made = made.set(`key${i}`, i);
    return made;
  },
  set_existing: (map, order) => {
    let made = map;
    for (const i of order) made = made.set(`key${i}`, i + 1);
    return made;
  },
  get: (map, order) => {
    for (const i of order) sum += map.get(`key${i}`) as number;
    return map;
  },
  has: (map, order) => {
    for (const i of order) sum += map.has(`key${i}`) ? 1 : 0;
    return map;
  },
  delete: (map, order) => {
    let made = map;
    for (const i of order) made = made.delete(`key${i}`);
    return made;
  },
  for_of: (map) => {
    for (const [key, value] of map) sum += key.length + value;
    return map;
  },
  for_each: (map) => {
    map.forEach((value, key) => {
      sum += key.length + value;
    });
    return map;
  },
};

type Times = Record<Case, Record<Side, number[]>>;

function newTimes(): Times {
  return Object.fromEntries(NAMES.map((name) => [name, { coppice: [], immutable: [] }])) as unknown as Times;
}

/** Operations that make a time: in pages that are not isolated the clock goes by tenths of milliseconds. */
const LEAST_OPERATIONS = 20_000;

/** All cases of one side once, on one map. Adds the times. */
function pass(side: Side, order: readonly number[], spent: Record<Case, number>): void {
  const time = (name: Case, map: PersistentMap): PersistentMap => {
    const started = performance.now();
    const result = bodies[name](map, order);
    spent[name] += performance.now() - started;
    return result;
  };
  const full = time('set', empty[side]());
  if (full.size !== order.length) throw new Error(`${side}: ${full.size} entries were made`);
  for (const name of ['get', 'has', 'for_of', 'for_each'] as const) time(name, full);
  const left = time('delete', time('set_existing', full));
  if (left.size !== 0) throw new Error(`${side}: ${left.size} entries are left`);
}

/** One round of one side: small maps in many passes, one after the other. */
function round(side: Side, order: readonly number[], times: Times): void {
  const passes = Math.ceil(LEAST_OPERATIONS / order.length);
  const spent = { set: 0, set_existing: 0, get: 0, has: 0, delete: 0, for_of: 0, for_each: 0 };
  for (let i = 0; i < passes; i++) pass(side, order, spent);
  for (const name of NAMES) times[name][side].push((spent[name] * 1e6) / (order.length * passes));
}

/** Enough for medians, and few enough for who waits. */
function roundsFor(entries: number): number {
  return entries < LEAST_OPERATIONS ? 15 : 9;
}

function tell(message: FromMeasurer): void {
  postMessage(message);
}

async function measure(entries: number): Promise<Row[]> {
  const order = shuffled(entries);
  const rounds = roundsFor(entries);
  const times = newTimes();
  for (let i = -1; i < rounds; i++) {
    if (i === 0) Object.assign(times, newTimes()); // the round before was to warm up
    for (const side of i % 2 === 0 ? SIDES : [...SIDES].reverse()) round(side, order, times);
    tell({ kind: 'round', entries, round: i + 1, rounds });
    // Finalizers run between jobs only: the memory of maps that are gone is given back here.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return NAMES.map((name) => ({
    name,
    entries,
    medians: { coppice: median(times[name].coppice), immutable: median(times[name].immutable) },
  }));
}

addEventListener('message', ({ data }: MessageEvent<ToMeasurer>) => {
  void (async () => {
    for (const entries of data.sizes) tell({ kind: 'rows', rows: await measure(entries) });
    tell({ kind: 'end', sum });
  })();
});
