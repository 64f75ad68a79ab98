/**
 * The operations of a small benchmark that libraries like this one are judged by: for N = 100, 1,000 and 10,000, each
 * operation as a whole; native containers copy where immutability needs a copy.
 */
import { List, Map as ImmutableMap, Set as ImmutableSet } from 'immutable';
import { HAMT, HAMTSet, Vector } from '../dist/esm/index.js';
import { inTurn, sink, Times } from './measure.mjs';

const copied = (map, change) => {
  const copy = new Map(map);
  change(copy);
  return copy;
};

const maps = {
  ours: { make: () => new HAMT('string'), set: (m, k, v) => m.set(k, v), delete: (m, k) => m.delete(k) },
  immutable: { make: () => ImmutableMap(), set: (m, k, v) => m.set(k, v), delete: (m, k) => m.delete(k) },
  native: {
    make: () => new Map(),
    set: (m, k, v) => m.set(k, v),
    delete: (m, k) => copied(m, (copy) => copy.delete(k)),
  },
};
const sets = {
  ours: { make: () => new HAMTSet(), add: (s, k) => s.add(k), delete: (s, k) => s.delete(k) },
  immutable: { make: () => ImmutableSet(), add: (s, k) => s.add(k), delete: (s, k) => s.delete(k) },
  native: {
    make: () => new Set(),
    add: (s, k) => s.add(k),
    delete: (s, k) => {
      const copy = new Set(s);
      copy.delete(k);
      return copy;
    },
  },
};
const lists = {
  ours: {
    make: () => new Vector('number'),
    push: (l, v) => l.push(v),
    get: (l, i) => l.get(i),
    set: (l, i, v) => l.set(i, v),
    pop: (l) => l.pop(),
  },
  immutable: {
    make: () => List(),
    push: (l, v) => l.push(v),
    get: (l, i) => l.get(i),
    set: (l, i, v) => l.set(i, v),
    pop: (l) => l.pop(),
  },
  native: {
    make: () => [],
    push: (l, v) => {
      l.push(v);
      return l;
    },
    get: (l, i) => l[i],
    set: (l, i, v) => l.with(i, v),
    pop: (l) => l.slice(0, -1),
  },
};

function mapRound(times, side, n) {
  const { make, set, delete: remove } = maps[side];
  const map = times.time('small_map_set', side, 1, () => {
    let made = make();
    for (let i = 0; i < n; i++) made = set(made, `key${i}`, `val${i}`);
    return made;
  });
  times.time('small_map_get', side, 1, () => {
    for (let i = 0; i < n; i++) sink.sum += map.get(`key${i}`).length;
  });
  times.time('small_map_has', side, 1, () => {
    for (let i = 0; i < n; i++) sink.sum += map.has(`key${i}`) ? 1 : 0;
  });
  times.time('small_map_delete', side, 1, () => {
    let made = map;
    for (let i = 0; i < 10; i++) made = remove(made, `key${i}`);
    return made;
  });
  times.time('small_map_iterate', side, 1, () => {
    let count = 0;
    map.forEach(() => count++);
    sink.sum += count;
  });
}

function setRound(times, side, n) {
  const { make, add, delete: remove } = sets[side];
  const set = times.time('small_set_add', side, 1, () => {
    let made = make();
    for (let i = 0; i < n; i++) made = add(made, `item${i}`);
    return made;
  });
  times.time('small_set_has', side, 1, () => {
    for (let i = 0; i < n; i++) sink.sum += set.has(`item${i}`) ? 1 : 0;
  });
  times.time('small_set_delete', side, 1, () => {
    let made = set;
    for (let i = 0; i < 10; i++) made = remove(made, `item${i}`);
    return made;
  });
  times.time('small_set_iterate', side, 1, () => {
    let count = 0;
    set.forEach(() => count++);
    sink.sum += count;
  });
}

function listRound(times, side, n) {
  const { make, push, get, set, pop } = lists[side];
  const list = times.time('small_list_push', side, 1, () => {
    let made = make();
    for (let i = 0; i < n; i++) made = push(made, i);
    return made;
  });
  times.time('small_list_get', side, 1, () => {
    for (let i = 0; i < n; i++) sink.sum += get(list, i);
  });
  times.time('small_list_set', side, 1, () => {
    let made = list;
    for (let i = 0; i < 10; i++) made = set(made, i, -i);
    return made;
  });
  times.time('small_list_pop', side, 1, () => {
    let made = list;
    for (let i = 0; i < 10; i++) made = pop(made);
    return made;
  });
  times.time('small_list_iterate', side, 1, () => {
    let sum = 0;
    list.forEach((value) => (sum += value));
    sink.sum += sum;
  });
}

export function measureSmall(n, quick) {
  const times = new Times();
  const count = Math.min(quick ? 100 : 400, Math.round(1e6 / n));
  for (let round = 0; round < count; round++) {
    for (const side of inTurn(['ours', 'immutable', 'native'], round)) {
      mapRound(times, side, n);
      setRound(times, side, n);
      listRound(times, side, n);
    }
  }
  return times.rows(n);
}
