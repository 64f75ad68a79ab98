/** HAMT: what a map does. */
import { HAMT, type Key } from '../../src/hamt.js';
import { batch, collect, configure, fromBytes, stats } from '../../src/sharing.js';
import { Vector } from '../../src/vector.js';
import { equal, ok, throws } from '../support/assert.js';
import { test } from '../support/runner.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = <T>(values: Iterable<T>): T[] => [...values].sort((a, b) => (String(a) < String(b) ? -1 : 1));

test('an empty map has nothing', () => {
  const map = new HAMT();
  equal([map.size, map.get('a'), map.has('a'), [...map]], [0, undefined, false, []]);
  ok(map.delete('a') === map);
});

test('versions are independent: two made from one do not see each other', () => {
  const h1 = new HAMT<number>().set('a', 1);
  const h2 = h1.set('b', 2);
  const h3 = h2.set('c', 3);
  const h4 = h2.set('d', 4);
  equal(
    [h1, h2, h3, h4].map((map) => sorted(map.keys())),
    [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'd']],
  );
  equal([h3.get('d'), h4.get('c')], [undefined, undefined]);
});

test('what changes nothing returns the same map', () => {
  const map = new HAMT([['a', { deep: [1, 2] }]]);
  ok(map.set('a', { deep: [1, 2] }) === map, 'an equal value');
  ok(map.delete('b') === map, 'a missing key');
  ok(map.setMany([['a', { deep: [1, 2] }]]) === map, 'equal entries');
  ok(map.deleteMany(['b', 'c']) === map, 'missing keys');
  ok(map.merge(map) === map, 'itself');
  ok(map.withMutations(() => undefined) === map, 'no mutation');
});

test('a value is overwritten, and the older version keeps its own', () => {
  const older = new HAMT<unknown>([['k', 'one']]);
  const newer = older.set('k', 2);
  equal([older.get('k'), newer.get('k'), newer.size], ['one', 2, 1]);
});

test('keys of different kinds are different keys', () => {
  const keys = ['1', 1, true, 'true', null, 'null', 1n, 2n ** 60n, 2n ** 80n, -0.5, '', new Uint8Array([49]), 'é'];
  const map = new HAMT(keys.map((key, i) => [key, i] as const));
  equal(map.size, keys.length);
  equal(map.getMany(keys), [...keys.keys()]);
  equal([map.get(0), map.get('2'), map.get(new Uint8Array([49]))], [undefined, undefined, 11]);
});

test('numbers are keys as in a Map', () => {
  const map = new HAMT<string>()
    .set(NaN, 'nan')
    .set(-0, 'zero')
    .set(2 ** 53, 'large')
    .set(1.5, 'half');
  equal(
    [map.get(NaN), map.get(0), map.get(2 ** 53), map.get(1.5), map.get(1)],
    ['nan', 'zero', 'large', 'half', undefined],
  );
  ok(sorted(map.keys()).some((key) => Object.is(key, 0)));
});

test('keys whose hashes once collided keep their values', () => {
  const pairs = ['costarring', 'liquid', 'altarage', 'zinke', 'declinate', 'macallums'];
  const map = new HAMT(pairs.map((key) => [key, key.toUpperCase()] as const));
  for (const key of pairs) equal(map.get(key), key.toUpperCase());
});

test('deleting a beginning of a key leaves the key', () => {
  const map = new HAMT<number>().set('ab', 1);
  ok(map.delete('a') === map);
  ok(map.delete('') === map);
  equal(map.get('ab'), 1);
});

test('strings of every kind come back as they were', () => {
  const strings = ['', ' ', 'ascii', 'Grüße', '漢字', '🌳', '\ud800', '\udc00', '\ud83c', 'a\0b', 'x'.repeat(1000)];
  const map = new HAMT(
    strings.map((text) => [text, text] as const),
    'string',
  );
  equal(map.size, strings.length);
  for (const text of strings) equal(map.get(text), text);
  equal(sorted(map.keys()), sorted(strings));
});

test('keys and values may be large', () => {
  const key = 'k'.repeat(200_000);
  const map = new HAMT<unknown>()
    .set(key, 'v'.repeat(300_000))
    .set('wide', 'ü'.repeat(100_000))
    .set('bytes', new Uint8Array(1_000_000).fill(7));
  equal((map.get(key) as string).length, 300_000);
  equal(map.get('wide'), 'ü'.repeat(100_000));
  equal(
    (map.get('bytes') as Uint8Array).every((byte) => byte === 7),
    true,
  );
  equal([...map.keys()].includes(key), true);
  equal(map.delete(key).has(key), false);
  equal(map.set('bytes', 1).get('bytes'), 1);
  equal((map.get('bytes') as Uint8Array).length, 1_000_000);
});

test('values of every type come back, and are copies', () => {
  const values = {
    string: 'text',
    number: -12.5,
    boolean: false,
    nothing: null,
    large: 2n ** 70n,
    date: new Date(1e12),
    bytes: new Uint8Array([1, 2, 3]),
    floats: new Float32Array([0.5]),
    list: [1, [2, [3]]],
    map: new Map([['a', new Set([1])]]),
    object: { a: { b: [null, undefined] } },
  };
  const map = new HAMT(Object.entries(values));
  for (const [key, value] of Object.entries(values)) equal(map.get(key), value, key);
  const read = map.get('object') as { a: { b: unknown[] } };
  read.a.b.push('changed');
  (map.get('bytes') as Uint8Array)[0] = 9;
  equal(map.get('object'), { a: { b: [null, undefined] } });
  equal(map.get('bytes'), new Uint8Array([1, 2, 3]));
});

test('a value that was stored and is changed afterwards does not change the map', () => {
  const stored = { list: [1] };
  const map = new HAMT([['k', stored]]);
  stored.list.push(2);
  equal(map.get('k'), { list: [1] });
});

test('typed maps refuse other values and say what to do', () => {
  throws(() => new HAMT<unknown>('number').set('a', '1'), { name: 'TypeError', message: /a string.*type 'number'/ });
  throws(() => new HAMT<unknown>('string').set('a', 1), { name: 'TypeError', message: /a number.*type 'string'/ });
  throws(() => new HAMT<unknown>('boolean').set('a', 0), { name: 'TypeError', message: /type 'boolean'/ });
  throws(() => new HAMT<unknown>('object').set('a', 'text'), { name: 'TypeError', message: /an object or null/ });
  throws(() => new HAMT('strings' as never), { name: 'TypeError', message: /'any', 'string'/ });
});

test('what cannot be stored is refused and changes nothing', () => {
  const map = new HAMT<unknown>([['a', 1]]);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  throws(() => map.set('a', undefined), { name: 'TypeError', message: /undefined/ });
  throws(() => map.set('a', () => 1), { name: 'TypeError', message: /function/ });
  throws(() => map.set('a', Symbol('s')), { name: 'TypeError', message: /symbol/ });
  throws(() => map.set('a', circle), { name: 'TypeError', message: /leads back/ });
  throws(() => map.set({} as never, 1), { name: 'TypeError', message: /a key is an object/ });
  throws(() => map.get(undefined as never), { name: 'TypeError', message: /undefined/ });
  throws(() => map.setMany(null as never), { name: 'TypeError', message: /iterable/ });
  equal([map.size, map.get('a')], [1, 1]);
});

test('arguments that are something else are refused by what was called', () => {
  const map = new HAMT<unknown>([['a', 1]]);
  const entries = [1] as never;
  throws(() => new HAMT(entries), { name: 'TypeError', message: /an entry is a number; entries are arrays/ });
  throws(() => map.setMany(entries), { name: 'TypeError', message: /an entry is a number/ });
  throws(() => map.merge(5 as never), { name: 'TypeError', message: /merge\(\) takes an iterable/ });
  throws(() => new Vector().concat('ab' as never), { name: 'TypeError', message: /concat\(\) takes an iterable/ });
  throws(() => fromBytes(null as never), { name: 'TypeError', message: /fromBytes\(\) takes the Uint8Array/ });
  throws(
    () => {
      configure({ maximumBytes: 5 });
    },
    { name: 'RangeError', message: /maximumBytes is 5/ },
  );
  throws(() => batch(async () => Promise.resolve(map)), {
    name: 'TypeError',
    message: /must not be an async function/,
  });
  equal([...map], [['a', 1]]);
});

test('many entries at once: 5,000, and none lost', () => {
  const entries = Array.from({ length: 5000 }, (_, i) => [`key${i}`, i] as const);
  const map = new HAMT<number>('number').setMany(entries);
  equal(map.size, 5000);
  equal(map.getMany(['key0', 'key4999', 'key5000']), [0, 4999, undefined]);
  equal(map.deleteMany(entries.slice(10).map(([key]) => key)).size, 10);
});

test('100, 500 and 1,000 keys', () => {
  for (const count of [100, 500, 1000]) {
    let map = new HAMT<string>('string');
    for (let i = 0; i < count; i++) map = map.set(`key${i}`, `value${i}`);
    equal(map.size, count);
    for (let i = 0; i < count; i++) equal(map.get(`key${i}`), `value${i}`);
  }
});

test('a version kept through 2,500 changes is as it was', () => {
  let kept = new HAMT<number>('number');
  for (let i = 0; i < 100; i++) kept = kept.set(`key${i}`, i);
  let map = kept;
  for (let i = 0; i < 2500; i++) map = map.set(`key${i % 300}`, -i);
  equal(kept.size, 100);
  for (let i = 0; i < 100; i++) equal(kept.get(`key${i}`), i);
});

test('iterations are independent, and see the version they began with', () => {
  const map = new HAMT(Array.from({ length: 1000 }, (_, i) => [i, i * i] as const));
  let pairs = 0;
  const outer = map.keys();
  outer.next();
  for (const [a] of map) {
    if (a === 500) for (const [b, square] of map) pairs += (b as number) ** 2 === square ? 1 : 0;
  }
  equal(pairs, 1000);
  equal([...outer].length, 999);
  const values = map.values();
  values.next();
  let changed = map;
  for (let i = 0; i < 1000; i++) changed = changed.set(i, -1);
  equal(
    [...values].every((value) => value >= 0),
    true,
  );
  equal(
    [...changed.values()].every((value) => value === -1),
    true,
  );
});

test('an iteration over few entries outlives changes to them', () => {
  const map = new HAMT<unknown>([
    ['a', { x: 1 }],
    ['b', 'ü'],
  ]);
  const entries = map.entries();
  let changed = map;
  for (let i = 0; i < 100; i++) changed = changed.set('a', { x: -i }).set('b', 'é'.repeat(i + 1));
  equal(sorted(entries), [
    ['a', { x: 1 }],
    ['b', 'ü'],
  ]);
});

test('a small map reads the same whenever it is read, and after any change', () => {
  for (const size of [0, 1, 31, 32, 33, 512, 513, 4096, 4097]) {
    const model = new Map<Key, unknown>();
    for (let i = 0; i < size; i++) model.set(`key${i}`, i % 3 === 0 ? i : `value ${i}`);
    const map = new HAMT<unknown>(model);
    const check = (of: HAMT, expected: ReadonlyMap<Key, unknown>): void => {
      for (let reading = 0; reading < 4; reading++) {
        equal(sorted(of), sorted(expected));
        equal([sorted(of.keys()), sorted(of.values())], [sorted(expected.keys()), sorted(expected.values())]);
        for (const [key] of of) if (key !== undefined) break;
      }
    };
    check(map, model);
    const newer = map.set('another', 1).delete('key0');
    const changed = new Map(model).set('another', 1);
    changed.delete('key0');
    check(newer, changed);
    check(map, model);
    const mutable = newer.asMutable();
    check(mutable, changed);
    mutable.set('one more', null);
    check(mutable, new Map(changed).set('one more', null));
    check(newer, changed);
  }
});

test('readings of one version may go on at the same time', () => {
  for (let round = 0; round < 100; round++) {
    const map = new HAMT<number>(range(400).map((i) => [i, i + round] as const));
    equal([...map].length, 400);
    const [one, other] = [map.entries(), map.entries()];
    let sum = 0;
    for (;;) {
      const [a, b] = [one.next(), other.next()];
      if (a.done === true || b.done === true) break;
      sum += a.value[1] - b.value[1];
    }
    equal([sum, one.next().done, other.next().done, [...map].length], [0, true, true, 400]);
    equal(map._real().kept?.batch?.count, 400, 'what it holds is kept');
  }
});

test('objects are copies however often a map is read', () => {
  const map = new HAMT<{ a: number[] }>([['k', { a: [1] }]]);
  for (let reading = 0; reading < 4; reading++) {
    map.forEach((value) => value.a.push(2));
    for (const value of map.values()) value.a.push(2);
  }
  equal(map.get('k'), { a: [1] });
  const bytes = new HAMT([[Uint8Array.of(1), Uint8Array.of(2)]]);
  for (let reading = 0; reading < 4; reading++)
    bytes.forEach((value, key) => value.fill((key as Uint8Array).fill(9).length));
  equal([...bytes], [[Uint8Array.of(1), Uint8Array.of(2)]]);
});

test('getters of a value may use and change the map that it is stored in', () => {
  let map = new HAMT<unknown>([['the first key of all', 0]]);
  let within: HAMT | undefined;
  const value = {
    get a(): number {
      map.get('some key that is long');
      within = map.set('a key of the getter', 'its value');
      return 1;
    },
  };
  for (const key of ['key', 'a key that is rather long', 7, Uint8Array.of(1, 2, 3, 4)]) {
    const before = map;
    map = before.set(key, value);
    equal(map.get(key), { a: 1 });
    equal([before.has(key), map.size, within?.size], [false, before.size + 1, before.size + 1]);
    equal([map.has('a key of the getter'), within?.has(key)], [false, false]);
    equal(before.setMany([[key, value]]).get(key), { a: 1 });
    equal(before.withMutations((all) => all.set(key, value)).get(key), { a: 1 });
  }
});

test('update and getOrInsert', () => {
  const counts = new HAMT<number>().update('a', (n = 0) => n + 1).update('a', (n = 0) => n + 1);
  equal(counts.get('a'), 2);
  equal(counts.update('a', () => undefined).size, 0);
  const [value, next] = counts.getOrInsert('b', (key) => (key as string).length);
  equal([value, next.get('b'), counts.has('b')], [1, 1, false]);
  ok(next.getOrInsert('b', () => 7)[1] === next);
});

test('mutable copies change in place and end', () => {
  const map = new HAMT<number>([['a', 1]]);
  const mutable = map.asMutable();
  ok(mutable.isMutable && mutable.set('b', 2) === mutable && mutable.delete('a') === mutable);
  equal([map.size, mutable.size, mutable.get('b')], [1, 1, 2]);
  const done = mutable.asImmutable();
  ok(!done.isMutable && done.set('c', 3) !== done);
  equal(done.size, 1);
  throws(() => map.withMutations(() => void JSON.parse('{')), { name: 'SyntaxError' });
  equal([...map], [['a', 1]]);
});

test('merge, intersection and difference', () => {
  const left = new HAMT<string>(Array.from({ length: 300 }, (_, i) => [i, 'left'] as const));
  const right = new HAMT<string>(Array.from({ length: 300 }, (_, i) => [i + 200, 'right'] as const));
  const merged = left.merge(right);
  equal([merged.size, merged.get(0), merged.get(250), merged.get(499)], [500, 'left', 'right', 'right']);
  const both = left.intersection(right);
  equal([both.size, both.get(250), both.has(199)], [100, 'left', false]);
  equal(left.difference(right).size, 200);
  equal(left.difference([0, 1, 2, 'x']).size, 297);
  equal(left.intersection([0, 1, 2, 'x']).size, 3);
  equal(left.merge([[0, 'new']]).get(0), 'new');
  equal([left.size, right.size], [300, 300]);
  equal(sorted(left.keys()), sorted(Array.from({ length: 300 }, (_, i) => i)));
});

test('a difference names each change once', () => {
  const older = new HAMT<unknown>(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i] as const));
  const newer = older.set('k5', 'five').delete('k7').set('new', { a: 1 });
  const changes = sorted([...newer.diff(older)].map((change) => JSON.stringify(change)));
  equal(changes, [
    '{"kind":"added","key":"new","value":{"a":1}}',
    '{"kind":"changed","key":"k5","value":"five","previous":5}',
    '{"kind":"removed","key":"k7","previous":7}',
  ]);
  equal([...older.diff(older)], []);
  equal([...older.diff(new HAMT())].length, 2000);
  const [first, second] = [older.diff(new HAMT()), new HAMT().diff(older)];
  let interleaved = 0;
  while (!first.next().done && !second.next().done) interleaved++;
  equal(interleaved, 2000);
});

test('equality and hashes go by content', () => {
  const entries = Array.from({ length: 500 }, (_, i) => [`k${i}`, { value: i }] as const);
  const one = new HAMT(entries);
  const other = new HAMT([...entries].reverse());
  ok(one.equals(other) && one.hashCode() === other.hashCode());
  const third = other.set('k3', { value: -3 });
  ok(!one.equals(third) && one.hashCode() !== third.hashCode());
  ok(!one.equals(null) && !one.equals({}) && new HAMT().equals(new HAMT()));
});

test('other forms', () => {
  const map = new HAMT<number>([['a', 1]]);
  equal(map.toArray(), [['a', 1]]);
  equal(map.toJS(), new Map([['a', 1]]));
  equal(JSON.stringify({ map, other: map.set(1, 2).delete('a') }), '{"map":{"a":1},"other":[[1,2]]}');
  equal([String(map), Object.prototype.toString.call(map)], ['HAMT(1)', '[object HAMT]']);
  const visited: unknown[] = [];
  map.forEach((value, key, of) => visited.push(value, key, of === map));
  equal(visited, [1, 'a', true]);
  equal(HAMT.from(new Map([['x', 1]])).get('x'), 1);
  equal(map.type, 'any');
});

test('what was disposed of says so', () => {
  const map = new HAMT<number>([['a', 1]]);
  const later = map.set('b', 2);
  map.dispose();
  throws(() => map.get('a'), { name: 'TypeError', message: /disposed/ });
  equal([later.get('a'), later.size], [1, 2]);
  later.dispose();
  throws(() => later.set('c', 1), { name: 'TypeError', message: /disposed/ });
  throws(() => [...later], { name: 'TypeError', message: /disposed/ });
});

test('what is disposed of takes no other version with it', () => {
  for (let gone = 0; gone < 1 << 4; gone++) {
    const versions = [new HAMT<number>([['x', 0]])];
    for (let i = 1; i < 4; i++) versions.push((versions[i - 1] as HAMT<number>).set(`key${i}`, i).set('x', i));
    const isGone = (i: number): boolean => (gone & (1 << i)) !== 0;
    const check = (map: HAMT<number>, i: number): void => {
      if (isGone(i)) throws(() => map.get('x'), { name: 'TypeError', message: /disposed/ });
      else equal([map.get('x'), map.size, map.set('y', 1).size], [i, i + 1, i + 2]);
    };
    for (let i = 0; i < 4; i++) if (isGone(i)) versions[i]?.dispose();
    for (let i = 0; i < 4; i++) if (isGone(i)) versions[i]?.dispose();
    versions.forEach(check);
    versions.reverse().forEach((map, i) => check(map, 3 - i));
  }
});

test('memory comes back at once from versions that no older one needs', () => {
  collect();
  const before = stats().liveBytes;
  for (let round = 0; round < 50; round++) {
    const first = new HAMT<number>('number').setMany(Array.from({ length: 10_000 }, (_, i) => [i, i]));
    const second = first.set(1, 2);
    first.dispose();
    const third = second.set(2, 3);
    third.dispose();
    second.dispose();
    throws(() => second.size, { name: 'TypeError' });
  }
  collect();
  ok(stats().liveBytes < before + 1_000_000, `${stats().liveBytes - before} bytes are left`);
});

test('a batch ends what was made in it, and nothing that is older', () => {
  const older = new HAMT<number>([['x', 1]]).set('y', 2);
  const newer = older.set('z', 3);
  let inner: HAMT<number> | undefined;
  const [kept] = batch(() => {
    equal([older.size, newer.size], [2, 3]);
    inner = new HAMT([['in', 1]]);
    return [inner.set('kept', 2)];
  });
  equal([older.get('x'), newer.size, kept?.size], [1, 3, 2]);
});

test('a million changes in one job, none of them lost', () => {
  let map = new HAMT<number>('number');
  const kept: HAMT<number>[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    map = map.set(`key${i}`, i);
    if (i % 200_000 === 1000) kept.push(map);
  }
  equal(map.size, 1_000_000);
  equal([map.get('key0'), map.get('key999999')], [0, 999_999]);
  equal(
    kept.map((version) => version.size),
    [1001, 201_001, 401_001, 601_001, 801_001],
  );
});

test('a chain of changes leaves few versions behind, though no finalizer runs within a job', () => {
  let map = new HAMT(
    Array.from({ length: 5000 }, (_, i) => [`key${i}`, i] as const),
    'number',
  );
  const before = stats().versions;
  const first = map;
  for (let i = 0; i < 500_000; i++) map = map.set(`key${i % 5000}`, -i);
  ok(stats().versions - before < 20, `${stats().versions - before} versions`);
  equal([map.get('key4999'), first.get('key4999'), first.size], [-499_999, 4999, 5000]);
});
