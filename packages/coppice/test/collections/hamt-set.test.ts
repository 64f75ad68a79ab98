/** HAMTSet: what a set does. */
import { HAMTSet, type Key } from '../../src/hamt-set.js';
import { equal, ok, throws } from '../support/assert.js';
import { test } from '../support/runner.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const ordered = (set: Iterable<Key>): Key[] => [...set].sort((a, b) => Number(a) - Number(b));

test('add, has, delete', () => {
  const set = new HAMTSet<Key>().add('a').add('b').add('a');
  equal([set.size, set.has('a'), set.has('c'), set.delete('a').has('a'), set.has('a')], [2, true, false, false, true]);
  ok(set.add('a') === set && set.delete('c') === set);
});

test('addMany counts equal elements once, and returns the same set for nothing new', () => {
  const set = new HAMTSet().addMany(['a', 'b', 'c', 'a']);
  equal(set.size, 3);
  ok(set.addMany(['a', 'b']) === set && set.addMany([]) === set && set.deleteMany(['x']) === set);
  equal(set.deleteMany(['a', 'b', 'x']).toArray(), ['c']);
});

test('a string of digits is not a number', () => {
  const set = new HAMTSet<Key>(['1']);
  equal([set.has('1'), set.has(1), [...set]], [true, false, ['1']]);
});

test('operations of two sets, with sets, arrays and generators', () => {
  const left = new HAMTSet<Key>(range(0, 300));
  const right = new HAMTSet<Key>(range(200, 500));
  for (const other of [right, range(200, 500), new Set(range(200, 500))]) {
    equal(ordered(left.union(other)), range(0, 500));
    equal(ordered(left.intersection(other)), range(200, 300));
    equal(ordered(left.difference(other)), range(0, 200));
    equal(ordered(left.symmetricDifference(other)), [...range(0, 200), ...range(300, 500)]);
    equal([left.isSubsetOf(other), left.isSupersetOf(other), left.isDisjointFrom(other)], [false, false, false]);
  }
  ok(left.isSubsetOf(range(-5, 305)) && left.isSupersetOf([1, 2]) && left.isDisjointFrom(['0']));
  ok(left.union([1]) === left && left.difference(['1']) === left && left.intersection(left) === left);
  equal([left.size, right.size], [300, 300]);
});

test('iteration, other forms, equality', () => {
  const set = HAMTSet.from<Key>(['a', 2, null]);
  equal(new Set(set), new Set(set.values()));
  equal(
    [...set.entries()].every(([a, b]) => a === b),
    true,
  );
  const visited: Key[] = [];
  set.forEach((element) => visited.push(element));
  equal(visited, set.toArray());
  equal(JSON.parse(JSON.stringify(set)), set.toArray());
  equal(set.toJS(), new Set(set.toArray()));
  equal(String(set), 'HAMTSet(3)');
  ok(set.equals(new HAMTSet([null, 2, 'a'])) && !set.equals(new HAMTSet([null, 2])) && !set.equals(new Set(set)));
  equal(set.hashCode(), new HAMTSet([2, null, 'a']).hashCode());
});

test('what is no element is refused', () => {
  throws(() => new HAMTSet<Key>().add({} as never), { name: 'TypeError', message: /a key is an object/ });
  throws(() => new HAMTSet<Key>(5 as never), { name: 'TypeError', message: /iterable/ });
});

test('kept versions of a growing set', () => {
  const versions = [new HAMTSet<Key>()];
  for (let i = 0; i < 1000; i++) versions.push((versions[i] as HAMTSet).add(`item${i}`));
  versions.forEach((set, i) => {
    if (i % 100 === 7) equal([set.size, set.has(`item${i - 1}`), set.has(`item${i}`)], [i, true, false]);
  });
});
