/** Packs: versions of all kinds as bytes and back, what they share, and bytes that are no packs. */
import { HAMT, type Key } from '../../src/hamt.js';
import { HAMTSet } from '../../src/hamt-set.js';
import { pack, unpack, unpackNamed } from '../../src/pack.js';
import { batch, capabilities, type Collection, collect, configure, resetMemory, stats } from '../../src/sharing.js';
import { Vector } from '../../src/vector.js';
import { equal, ok, throws } from '../support/assert.js';
import { randomFrom } from '../support/random.js';
import { test } from '../support/runner.js';
import { startWorker } from '../support/workers.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const seed = 0x0123456789abcdefn;
const platformShares = capabilities().sharedMemory;
const bigMap = (count: number): HAMT<number> =>
  new HAMT(
    range(count).map((i) => [`key${i}`, i] as const),
    'number',
  );

/** Values of all kinds, at the lengths where they are kept in another way. */
const values: unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1.5,
  NaN,
  -Infinity,
  2 ** 53,
  2 ** 40,
  0n,
  -(2n ** 100n),
  2n ** 60n,
  2n ** 63n,
  '',
  'text',
  'übergroß',
  'lone \ud800 surrogate',
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(8192),
  'x'.repeat(8193),
  'ü'.repeat(40_000),
  'x'.repeat(2 ** 20),
  'y'.repeat(2 ** 20 + 1),
  'z'.repeat(3 * 2 ** 20),
  new Uint8Array(),
  new Uint8Array([1, 2, 3]),
  new Uint8Array(70_000).fill(7),
  [],
  { a: [1, { b: undefined }], d: new Date(1000) },
  new Map([[1, new Set(['x'])]]),
  { long: 'q'.repeat(100_000) },
];
const keys = values.filter((value) => typeof value !== 'object' || value === null || value instanceof Uint8Array);
const isKey = (key: unknown): boolean =>
  !(typeof key === 'string' && key.length > 30_000) && !(key instanceof Uint8Array && key.length > 65_536);

const again = <C extends Collection>(...versions: C[]): C[] => unpack<C>(pack(versions));

test('maps, sets and vectors of all values come back', () => {
  const map = new HAMT(values.map((value, i) => [i, value] as const));
  const keyed = new HAMT(keys.filter(isKey).map((key) => [key as string, 'v'.repeat(300)] as const));
  const set = new HAMTSet(keys.filter(isKey) as Key[]);
  const vector = new Vector(values);
  const all = [map, keyed, set, vector, new HAMT(), new HAMTSet(), new Vector()];
  const back = again<Collection>(...all);
  equal(
    back.map((each) => `${each[Symbol.toStringTag]} ${each.size}`),
    all.map((each) => `${each[Symbol.toStringTag]} ${each.size}`),
  );
  all.forEach((each, i) => {
    ok(each.equals(back[i]), `version ${i} to be equal`);
  });
  equal([...(back[3] as Vector)], values);
});

test('types of values come back', () => {
  const all = [
    new HAMT('number').set('a', 1),
    new HAMT<string>('string').set('a', 'x'),
    new HAMT('boolean').set('a', true),
    new HAMT<object | null>('object').set('a', { b: 1 }).set('b', null).set('c', new Uint8Array(2)),
    new HAMT('any').set('a', 1),
    new Vector([1, 2], 'number'),
    new Vector<string>('string'),
  ];
  equal(
    again<HAMT | Vector>(...(all as (HAMT | Vector)[])).map((each) => each.type),
    all.map((each) => each.type),
  );
});

test('names come back, and versions without them are left out', () => {
  const map = new HAMT([['a', 1]]);
  const byName = unpackNamed<HAMT>(pack({ before: map, 'nach übung': map.set('b', 2) }));
  equal([...byName.keys()], ['before', 'nach übung']);
  ok(byName.get('nach übung')?.equals(map.set('b', 2)));
  equal([...unpackNamed(pack(new Map([['__proto__', map]]))).keys()], ['__proto__']);
  equal(unpackNamed(pack([map])).size, 0);
  equal(unpack(pack({ map }))[0]?.equals(map), true);
  equal(unpack(pack([])).length, 0);
});

test('100,000 entries come back, and elements', () => {
  const map = bigMap(100_000);
  const vector = new Vector(range(100_000), 'number');
  const set = new HAMTSet(range(100_000).map(String));
  for (const each of [map, vector, set]) ok(each.equals(again<Collection>(each)[0]), 'it to be equal');
});

test('a thousand versions of a map take little more than one, in the pack and in memory', () => {
  resetMemory();
  const versions = [bigMap(20_000)];
  for (let i = 0; i < 1000; i++) versions.push((versions[i] as HAMT<number>).set(`key${(i * 7) % 20_000}`, -i));
  const one = pack([bigMap(20_000)]).length;
  const bytes = pack(versions);
  ok(bytes.length < 2.5 * one, `fewer bytes than ${2.5 * one}: ${bytes.length}`);
  resetMemory();
  const alone = unpack(pack([bigMap(20_000)]));
  collect();
  const before = stats().liveBytes;
  resetMemory();
  const back = unpack<HAMT<number>>(bytes);
  collect();
  const { liveBytes } = stats();
  ok(liveBytes < 5 * before, `less than five times ${before}: ${liveBytes}`);
  equal([back.length, alone.length], [1001, 1]);
  for (const i of [0, 1, 500, 1000]) ok(back[i]?.equals(versions[i]), `version ${i} to be equal`);
});

test('changes of vectors take O(changes) in the pack', () => {
  const first = new Vector(range(50_000), 'number');
  const one = pack([first]).length;
  const changes: Record<string, (vector: Vector<number>, i: number) => Vector<number>> = {
    set: (vector, i) => vector.set(i * 900, -1),
    push: (vector, i) => vector.push(i),
    pop: (vector) => vector.pop(),
    insert: (vector, i) => vector.insert(i * 700, 77),
    remove: (vector, i) => vector.remove(i * 800, 3),
    slice: (vector) => vector.slice(100, -5),
    concat: (vector) => vector.concat([1, 2, 3]),
    rotate: (vector) => vector.slice(1000).concat(vector.slice(0, 1000)),
  };
  const mixed = [first];
  for (const [name, change] of Object.entries(changes)) {
    const versions = [first];
    for (let i = 0; i < 20; i++) {
      versions.push(change(versions[i] as Vector<number>, i));
      mixed.push(change(mixed.at(-1) as Vector<number>, i));
    }
    const bytes = pack(versions);
    ok((bytes.length - one) / 20 < 30_000, `${name} to take less: ${(bytes.length - one) / 20}`);
    unpack(bytes).forEach((each, i) => {
      ok(each.equals(versions[i]), `${name} ${i} to be equal`);
    });
  }
  again<Vector>(...mixed).forEach((each, i) => {
    ok(each.equals(mixed[i]), `mixed ${i} to be equal`);
  });
});

test('random changes come back, whatever order the versions are in', () => {
  const next = randomFrom(7);
  let map: HAMT = new HAMT();
  let vector: Vector = new Vector();
  const all: Collection[] = [];
  for (let i = 0; i < 300; i++) {
    for (let j = 0; j < next(20); j++) {
      const value = values[next(22)];
      map = next(3) === 0 ? map.delete(next(200)) : map.set(next(200), value);
      const at = next(vector.size + 1);
      const how = next(3);
      vector = how === 0 ? vector.push(value) : how === 1 ? vector.set(at, value) : vector.insert(at, value, 1);
      if (next(9) === 0) vector = vector.remove(at, next(10));
    }
    all.push(map, vector);
  }
  all.sort(() => next(3) - 1);
  again<Collection>(...all).forEach((each, i) => {
    ok(each.equals(all[i]), `version ${i} to be equal`);
  });
});

test('the same versions under one seed are the same bytes; else no two packs are', () => {
  const made = (): Collection[] => [bigMap(3000), new HAMTSet(range(500)), new Vector(range(500))];
  const bytes = pack(made(), { seed });
  equal(pack(made(), { seed }), bytes);
  resetMemory();
  equal(pack(made(), { seed }), bytes, 'from another memory');
  equal(pack(unpack(bytes), { seed }), bytes, 'what was unpacked');
  ok(pack(made()).join() !== pack(made()).join(), 'other bytes');
});

test('versions of several memories, and mutable ones, are packed together', () => {
  const here = bigMap(100);
  resetMemory();
  const there = bigMap(100).set('other', 1);
  const mutable = there.asMutable().set('more', 2);
  const [a, b, c] = again(here, there, mutable);
  mutable.set('later', 3);
  ok(a?.equals(here) === true && b?.equals(there) === true && c?.has('later') === false && c.get('more') === 2);
  equal(c?.isMutable, false);
});

test('memory that is not shared may move while a pack is read', () => {
  resetMemory();
  configure({ shared: false });
  const text = (i: number): string => `${i}`.padEnd(9000, 'x');
  const map = new HAMT(range(2000).map((i) => [i % 2 === 0 ? i : text(i), text(-i)] as const));
  const vector = new Vector(range(2000).map(text));
  const bytes = pack([map, vector]);
  resetMemory();
  for (const [i, each] of unpack(bytes).entries()) ok(each.equals([map, vector][i]), `version ${i} to be equal`);
  resetMemory();
  configure({ shared: platformShares });
});

test('a comparison that is going on is not disturbed', () => {
  const older = bigMap(5000);
  const newer = older.withMutations((map) => {
    for (const i of range(2000)) map.set(`key${i}`, -1);
  });
  const changes = newer.diff(older);
  changes.next();
  pack([older, newer]);
  equal([...changes].length, 1999);
});

test('what unpack gives is changed like any collection, and batch() keeps it', () => {
  const [map, vector] = batch(() => unpack(pack([bigMap(10), new Vector([1])]))) as [HAMT<number>, Vector<number>];
  equal([map.set('a', 1).size, map.size, vector.push(2).toArray(), vector.toArray()], [11, 10, [1, 2], [1]]);
});

test('workers pack and unpack, and carry packs to each other', async () => {
  const map = bigMap(100);
  const { post, onMessage, terminate } = startWorker('collections', {});
  const answers: ((answer: unknown) => void)[] = [];
  onMessage((message) => answers.shift()?.((message as { result: unknown }).result));
  const answer = (): Promise<unknown> => new Promise((resolve) => answers.push(resolve));
  await answer();
  post({ program: 'repack', args: [pack([map])] });
  const [back, more] = unpack<HAMT<number>>((await answer()) as Uint8Array);
  await terminate();
  ok(map.equals(back));
  equal(more?.get('from the worker'), 1);
});

test('wrong arguments are TypeErrors', () => {
  const map = new HAMT();
  for (const wrong of [
    map,
    null,
    undefined,
    5,
    'text',
    new Uint8Array(3),
    [1],
    [map, {}],
    { a: 1 },
    new Map([[1, map]]),
    { '': map },
  ]) {
    throws(() => pack(wrong as never), { name: 'TypeError', message: /^coppice: pack\(\)/ });
  }
  throws(() => pack([map], { seed: 5 as never }), { name: 'TypeError' });
  throws(() => pack([map], { seed: -1n }), { name: 'TypeError' });
  for (const wrong of [null, undefined, [], 'text', new ArrayBuffer(8)]) {
    throws(() => unpack(wrong as never), { name: 'TypeError', message: /Uint8Array/ });
  }
  throws(() => unpack(pack([map]), { maxElements: -1 }), { name: 'TypeError' });
  map.dispose();
  throws(() => pack([map]), { name: 'TypeError', message: /disposed/ });
});

test('limits', () => {
  const bytes = pack([bigMap(1000), new Vector(['x'.repeat(5000)])]);
  throws(() => unpack(bytes, { maxElements: 999 }), { name: 'RangeError', message: /maxElements/ });
  throws(() => unpack(bytes, { maxValueBytes: 4999 }), { name: 'RangeError', message: /maxValueBytes/ });
  equal(unpack(bytes, { maxElements: 1001, maxValueBytes: 5000 }).length, 2);
});

test('bytes may lie within others, and in shared memory', () => {
  const bytes = pack([bigMap(10)]);
  const around = new Uint8Array(bytes.length + 7);
  around.set(bytes, 3);
  equal(unpack(around.subarray(3, 3 + bytes.length))[0]?.size, 10);
  if (typeof SharedArrayBuffer !== 'function') return;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  equal(unpack(shared)[0]?.size, 10);
});

/** A pack with records of all kinds that is small all the same. */
function small(): { versions: Collection[]; bytes: Uint8Array } {
  const map = new HAMT<unknown>(range(60).map((i) => [i, `value ${i}`] as const)).set('long', 'x'.repeat(300));
  const vector = new Vector<unknown>(range(200));
  const versions = [map, map.delete(7), new HAMTSet(['a', 'b']), vector, vector.insert(5, 'new'), vector.push('end')];
  return { versions, bytes: pack(versions, { seed }) };
}

test('every truncation is refused, and leaves nothing behind', () => {
  const { bytes } = small();
  const { versions } = stats();
  for (let size = 0; size < bytes.length; size++) {
    throws(() => unpack(bytes.subarray(0, size)), { name: 'Error', message: /at byte \d+/ });
  }
  equal(stats().versions, versions);
});

test('every change of a byte is refused, and leaves nothing behind', () => {
  const { bytes } = small();
  const { versions } = stats();
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ (1 << (at % 8));
    throws(() => unpack(changed), { name: 'Error', message: /^coppice: unpack\(\)/ });
  }
  equal(stats().versions, versions);
});

test('what does not fit into the memory leaves nothing behind', () => {
  const { versions } = stats();
  const bytes = pack([bigMap(10), new HAMT([['a', 'x'.repeat(1000)]])]);
  throws(() => unpack(bytes, { maxValueBytes: 999 }), { name: 'RangeError' });
  collect();
  ok(stats().versions <= versions + 2, `${versions} versions: ${stats().versions}`);
});
