/** Maps, against Immutable.js and, where it does the same work, Map. Keys are made anew for each operation. */
import { Map as ImmutableMap } from 'immutable';
import { HAMT } from '../dist/esm/index.js';
import { inTurn, rounds, shuffled, sink, Times } from './measure.mjs';

const persistent = {
  ours: () => new HAMT('any'),
  immutable: () => ImmutableMap(),
};

function changes(times, side, n, order, value) {
  let map = times.time('set', side, n, () => {
    let made = persistent[side]();
    for (let i = 0; i < n; i++) made = made.set(`key${i}`, value(i));
    return made;
  });
  const full = map;
  map = times.time('set_existing', side, n, () => {
    let made = map;
    for (let i = 0; i < n; i++) made = made.set(`key${order[i]}`, value(i + 1));
    return made;
  });
  map = times.time('delete', side, n, () => {
    let made = map;
    for (let i = 0; i < n; i++) made = made.delete(`key${order[i]}`);
    return made;
  });
  if (map.size !== 0) throw new Error(`${side}: ${map.size} entries were not deleted`);
  times.time('set_with_mutations', side, n, () =>
    persistent[side]().withMutations((made) => {
      for (let i = 0; i < n; i++) made.set(`key${i}`, value(i));
    }),
  );
  return full;
}

function reads(times, side, n, order, map) {
  times.time('get', side, n, () => {
    for (let i = 0; i < n; i++) if (map.get(`key${order[i]}`) === undefined) throw new Error('missing');
  });
  times.time('has', side, n, () => {
    for (let i = 0; i < n; i++) sink.sum += map.has(`key${order[i]}`) ? 1 : 0;
  });
  times.time('has_miss', side, n, () => {
    for (let i = 0; i < n; i++) sink.sum += map.has(`mis${order[i]}`) ? 1 : 0;
  });
  // Of a version that nobody has read before, as most are: ours keeps what small versions hold, once they are read again.
  const fresh = side === 'native' ? map : map.set('key0', -1 - times.count);
  times.time('for_each_first', side, n, () => {
    fresh.forEach((value, key) => {
      sink.sum += key.length + (value === 0 ? 1 : 0);
    });
  });
  times.time('for_of', side, n, () => {
    for (const [key, value] of map) sink.sum += key.length + (value === 0 ? 1 : 0);
  });
  times.time('for_each', side, n, () => {
    map.forEach((value, key) => {
      sink.sum += key.length + (value === 0 ? 1 : 0);
    });
  });
}

export function measureMaps(n, quick, values) {
  const value = values === 'string' ? (i) => `val${i}` : (i) => i;
  const times = new Times();
  const order = shuffled(n);
  const native = new Map(Array.from({ length: n }, (_, i) => [`key${i}`, value(i)]));
  const filled = Object.fromEntries(
    Object.entries(persistent).map(([side, make]) => {
      let map = make();
      for (let i = 0; i < n; i++) map = map.set(`key${i}`, value(i));
      return [side, map];
    }),
  );
  for (let round = 0; round < rounds(n, quick); round++) {
    for (const side of inTurn(['ours', 'immutable', 'native'], round)) {
      if (side !== 'native') changes(times, side, n, order, value);
      reads(times, side, n, order, side === 'native' ? native : filled[side]);
    }
  }
  return times.rows(n, { values });
}

/** A chain of a million sets in one job. */
export function measureChain() {
  const times = new Times();
  for (let round = 0; round < 3; round++) {
    for (const side of inTurn(['ours', 'immutable'], round)) {
      const map = times.time('million_chain', side, 1e6, () => {
        let made = persistent[side]();
        for (let i = 0; i < 1_000_000; i++) made = made.set(`key${i}`, i);
        return made;
      });
      if (map.size !== 1_000_000) throw new Error(`${side}: ${map.size} entries`);
    }
  }
  const [row] = times.rows(1_000_000, {}, 's');
  const seconds = (value) => (value * 1e6) / 1e9;
  return [{ ...row, ours: seconds(row.ours), rivals: { immutable: seconds(row.rivals.immutable) } }];
}
