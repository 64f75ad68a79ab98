/** Vector: what a sequence does. */
import { Vector } from '../../src/vector.js';
import { equal, ok, throws } from '../support/assert.js';
import { test } from '../support/runner.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('an empty vector', () => {
  const empty = new Vector();
  equal([empty.size, empty.get(0), empty.first(), empty.last(), [...empty]], [0, undefined, undefined, undefined, []]);
  ok(empty.pop() === empty && empty.set(0, 1) === empty && empty.slice(0) === empty && empty.remove(0) === empty);
});

test('push, get, set and pop across the sizes of nodes', () => {
  for (const count of [1, 31, 32, 50, 127, 128, 129, 1024, 1100, 2176, 2177, 10_000]) {
    let vector = new Vector<number>('number');
    for (let i = 0; i < count; i++) vector = vector.push(i);
    equal(vector.size, count);
    equal(
      [vector.get(0), vector.get(count - 1), vector.get(count), vector.get(-1)],
      [0, count - 1, undefined, count - 1],
    );
    const changed = vector.set(count >> 1, -1);
    equal([vector.get(count >> 1), changed.get(count >> 1)], [count >> 1, -1]);
    equal(vector.toArray(), range(count));
    let shorter = vector;
    for (let i = 0; i < Math.min(count, 300); i++) shorter = shorter.pop();
    equal(shorter.toArray(), range(Math.max(0, count - 300)));
    equal(vector.size, count);
  }
});

test('what changes nothing returns the same vector', () => {
  const vector = new Vector<unknown>([1, { a: [2] }, 'a long text that does not fit', null]);
  ok(vector.set(1, { a: [2] }) === vector && vector.set(2, 'a long text that does not fit') === vector);
  ok(vector.set(4, 1) === vector && vector.set(-5, 1) === vector && vector.set(0.5, 1) === vector);
  ok(vector.slice() === vector && vector.pushMany([]) === vector && vector.insert(1) === vector);
});

test('indices count from the end if they are negative; others that are none have no element', () => {
  const vector = new Vector(['a', 'b', 'c']);
  equal(
    [-1, -3, -4, 3, 1.5, NaN, Infinity].map((i) => vector.get(i)),
    ['c', 'a', ...Array<undefined>(5)],
  );
  equal(vector.set(-1, 'z').toArray(), ['a', 'b', 'z']);
});

test('elements of every type come back', () => {
  const elements = [
    1,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    '',
    'short',
    'longer than five',
    'é',
    '\ud800',
    true,
    false,
    null,
    1n,
  ];
  const more = [new Uint8Array([1]), [1, [2]], { a: 1 }, new Map([[1, 2]]), new Date(0), 'x'.repeat(100_000)];
  const vector = new Vector<unknown>([...elements, ...more]);
  equal(vector.toArray(), [...elements, ...more]);
  for (const [i, element] of [...elements, ...more].entries()) equal(vector.get(i), element);
  (vector.get(elements.length) as Uint8Array)[0] = 7;
  equal(vector.get(elements.length), new Uint8Array([1]));
});

test('strings longer than 65,536 bytes do not touch others', () => {
  const long = 'y'.repeat(70_000);
  const vector = new Vector<string>('string').push('before').push(long).push('after');
  equal(vector.toArray(), ['before', long, 'after']);
  equal(vector.set(1, 'short').get(1), 'short');
  equal(vector.get(1), long);
});

test('slice, concat, insert and remove', () => {
  const vector = new Vector(range(1000));
  equal(vector.slice(100, 200).toArray(), range(1000).slice(100, 200));
  equal(vector.slice(-10).toArray(), range(1000).slice(-10));
  equal(vector.slice(5, 2).size, 0);
  equal(vector.concat(vector, [1, 2]).toArray(), [...range(1000), ...range(1000), 1, 2]);
  equal(vector.insert(500, -1, -2).slice(499, 503).toArray(), [499, -1, -2, 500]);
  equal(vector.insert(-1, -1).get(999), -1);
  equal(vector.remove(10, 980).toArray(), [...range(10), ...range(1000).slice(990)]);
  equal(vector.remove(999).size, 999);
  ok(vector.remove(1000) === vector && vector.remove(-1001) === vector && vector.remove(0, 0) === vector);
  equal(vector.toArray(), range(1000));
});

test('versions are independent', () => {
  const base = new Vector(range(200));
  const versions = range(200).map((i) => base.set(i, -1).push(i));
  versions.forEach((vector, i) => {
    equal([vector.size, vector.get(i), vector.last()], [201, -1, i]);
  });
  equal(base.toArray(), range(200));
});

test('iteration is lazy, independent, and sees the version it began with', () => {
  const vector = new Vector(range(3000));
  const iterator = vector.values();
  equal(iterator.next().value, 0);
  let changed = vector;
  for (let i = 0; i < 3000; i++) changed = changed.set(i, -1);
  equal([...iterator], range(3000).slice(1));
  equal([...vector.entries()].slice(-1), [[2999, 2999]]);
  equal([...vector.keys()].length, 3000);
  let sum = 0;
  vector.forEach((value, index, of) => (sum += of === vector && value === index ? 1 : 0));
  equal(sum, 3000);
});

test('a small vector reads the same whenever it is read, and after any change', () => {
  for (const size of [0, 1, 32, 33, 600, 4096]) {
    const vector = new Vector(range(size));
    for (let reading = 0; reading < 4; reading++) {
      equal([...vector], range(size));
      const newer = vector.push(-1);
      equal([...newer], [...range(size), -1]);
      equal([...newer.pop()], range(size));
      equal([...newer, ...newer, ...newer].length, 3 * (size + 1));
    }
  }
});

test('an element of a version of its own is replaced where it is, and others keep theirs', () => {
  for (const size of [1, 100, 128, 129, 5000]) {
    const first = new Vector<unknown>(range(size));
    const second = first.set(size - 1, 'last').set(0, 'first');
    const third = second.pop().push('again').push('more').pop().pop();
    equal([second.first(), second.size, third.size], ['first', size, size - 1]);
    equal([...first], range(size));
    equal([second.set(size, 1) === second, second.set(-1 - size, 1) === second], [true, true]);
  }
  ok(new Vector().pop().size === 0);
});

test('elements are replaced in trees of any shape and height', () => {
  for (const size of [40, 300, 3000]) {
    let vector = new Vector(range(size));
    let model = range(size);
    for (let round = 1; round < 50; round++) {
      const at = (round * 7919) % size;
      vector = vector.concat(vector).slice(at, at + size);
      model = [...model, ...model].slice(at, at + size);
      if (round % 7 !== 0) continue;
      vector = vector.withMutations((all) => {
        for (let i = 0; i < size; i++) all.set(i, i * round);
        for (let i = 0; i < size; i++) all.set(i, (all.get(i) as number) + 1);
      });
      model = range(size).map((i) => i * round + 1);
      equal(vector.toArray(), model);
    }
    equal(vector.toArray(), model);
  }
});

test('getters of an element may change the vector that it is stored in', () => {
  const vector = new Vector<unknown>([1, 2, 3]);
  let within: Vector | undefined;
  const element = {
    get a(): number {
      within = vector.push('its element');
      return 1;
    },
  };
  equal([...vector.push(element)], [1, 2, 3, { a: 1 }]);
  equal([...vector.set(1, element)], [1, { a: 1 }, 3]);
  equal(
    [[...(within ?? [])], [...vector]],
    [
      [1, 2, 3, 'its element'],
      [1, 2, 3],
    ],
  );
});

test('mutable copies, bulk appends, updates', () => {
  const vector = new Vector<number>('number').withMutations((all) => {
    for (let i = 0; i < 5000; i++) all.push(i);
    all.set(0, -1).pop();
  });
  equal([vector.size, vector.get(0), vector.last()], [4999, -1, 4998]);
  equal(vector.update(1, (n) => n * 10).get(1), 10);
  equal(vector.pushMany([1, 2]).size, 5001);
  const mutable = vector.asMutable();
  ok(mutable.insert(1, 5) === mutable && mutable.remove(0) === mutable && mutable.slice(0, 10) === mutable);
  equal(mutable.asImmutable().toArray(), [5, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  equal(vector.size, 4999);
});

test('equality and hashes go by content', () => {
  const one = new Vector<unknown>([1, 'two', { three: 3 }, 'a longer text']);
  const other = new Vector<unknown>([1, 'two']).concat([{ three: 3 }], ['a longer text']);
  ok(one.equals(other) && one.hashCode() === other.hashCode());
  ok(!one.equals(other.set(1, 'TWO')) && !one.equals(other.pop()) && !one.equals([1]));
});

test('typed vectors refuse other elements', () => {
  throws(() => new Vector<unknown>('number').push('1'), { name: 'TypeError', message: /type 'number'/ });
  throws(() => new Vector<unknown>().push(undefined), { name: 'TypeError', message: /undefined/ });
  throws(() => new Vector<unknown>([1]).set(0, () => 1), { name: 'TypeError', message: /function/ });
});

test('other forms', () => {
  const vector = Vector.of<unknown>(1, 'a');
  equal([JSON.stringify(vector), String(vector), vector.length], ['[1,"a"]', 'Vector(2)', 2]);
  equal(vector.toJS(), [1, 'a']);
  vector.dispose();
  throws(() => vector.get(0), { name: 'TypeError', message: /disposed/ });
});

test('a million pushes in one job', () => {
  let vector = new Vector<number>('number');
  for (let i = 0; i < 1_000_000; i++) vector = vector.push(i);
  let sum = 0;
  for (const element of vector) sum += element;
  equal([vector.size, sum], [1_000_000, 499_999_500_000]);
});
