/** Vectors, against Immutable.js's List and, where it does the same work, Array. */
import { List } from 'immutable';
import { Vector } from '../dist/esm/index.js';
import { inTurn, rounds, shuffled, sink, Times } from './measure.mjs';

const persistent = {
  ours: () => new Vector('any'),
  immutable: () => List(),
};

function changes(times, side, n, order) {
  const full = times.time('push', side, n, () => {
    let made = persistent[side]();
    for (let i = 0; i < n; i++) made = made.push(i);
    return made;
  });
  const changed = times.time('list_set', side, n, () => {
    let made = full;
    for (let i = 0; i < n; i++) made = made.set(order[i], -i);
    return made;
  });
  const empty = times.time('pop', side, n, () => {
    let made = changed;
    for (let i = 0; i < n; i++) made = made.pop();
    return made;
  });
  if (empty.size !== 0) throw new Error(`${side}: ${empty.size} elements were not popped`);
}

function reads(times, side, n, order, list) {
  const get = side === 'native' ? (i) => list[i] : (i) => list.get(i);
  times.time('list_get', side, n, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += get(order[i]);
    sink.sum += sum;
  });
  times.time('list_for_of', side, n, () => {
    let sum = 0;
    for (const element of list) sum += element;
    sink.sum += sum;
  });
}

export function measureVectors(n, quick) {
  const times = new Times();
  const order = shuffled(n);
  const numbers = Array.from({ length: n }, (_, i) => i);
  const filled = { ours: new Vector(numbers), immutable: List(numbers), native: numbers };
  for (let round = 0; round < rounds(n, quick); round++) {
    for (const side of inTurn(['ours', 'immutable', 'native'], round)) {
      if (side !== 'native') changes(times, side, n, order);
      reads(times, side, n, order, filled[side]);
    }
  }
  return times.rows(n);
}
