/** What may be stored, and whose it is. */
import { Registry } from '../../src/registry.js';
import { equal, ok, rejects } from '../support/assert.js';
import { withPuppets } from '../support/puppet.js';
import { test } from '../support/runner.js';

function samples(): unknown[] {
  const circular: { self?: unknown; list: number[] } = { list: [1, 2] };
  circular.self = circular;
  return [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    NaN,
    -Infinity,
    1.5,
    2 ** 60,
    10n ** 30n,
    '',
    'oak',
    'Ä 😀',
    '\0',
    '\ud800',
    new Date(0),
    /a+b/giu,
    new Error('an error'),
    new RangeError('of range'),
    [],
    [1, [2, [3]]],
    {},
    { a: { b: [null, undefined] } },
    circular,
    new Map<unknown, unknown>([
      [1, 'one'],
      ['two', new Map([[{ k: 1 }, new Set([1])]])],
    ]),
    new Set([1, 'a', null]),
    new Uint8Array([1, 2, 3]),
    new Float64Array([NaN, -0, 1]),
    new BigInt64Array([-1n]),
    new ArrayBuffer(5),
    new DataView(new ArrayBuffer(8), 2, 4),
  ];
}

test('every kind of value that can be cloned goes there and back', async () => {
  const registry = new Registry();
  await withPuppets(registry, 2, async (one, other) => {
    let key = 0;
    for (const value of samples()) {
      await registry.set(++key, value);
      equal(await registry.get(key), value, `value ${key} here`);
      equal(await other.do('get', key), value, `value ${key} in a worker`);
      await one.do('set', key + 1_000, value);
      equal(await registry.get(key + 1_000), value, `value ${key} from a worker`);
      equal(await registry.has(key), true);
    }
    const expected = samples().map((value, index) => [index + 1, value]);
    equal(
      [...registry].filter(([key]) => key < 1_000),
      expected,
    );
    await other.do('get', 1);
    equal(
      ((await other.do('known')) as [number, unknown][]).filter(([key]) => key < 1_000),
      expected,
    );
  });
});

test('objects that went in or came out are the program’s own: changing them changes no entry', async () => {
  const registry = new Registry<{ n: number; list: number[] }>();
  const mine = { n: 1, list: [1] };
  const storing = registry.set(1, mine);
  mine.n = 2;
  mine.list.push(2);
  await storing;
  const expected = { n: 1, list: [1] };
  equal(await registry.get(1), expected);
  for (const got of [
    await registry.get(1),
    [...registry.values()][0],
    [...registry][0]?.[1],
    await registry.acquire(1),
  ]) {
    ok(got);
    got.n = 3;
    got.list.length = 0;
  }
  registry.forEach((value) => (value.n = 4));
  await registry.release(1);
  equal(await registry.get(1), expected);
  await withPuppets(registry, 1, async (puppet) => {
    equal(await puppet.do('get', 1), expected);
  });
});

test('a value that cannot be cloned rejects and leaves the entry as it was', async () => {
  const registry = new Registry();
  await registry.set(1, 'before');
  const bad: unknown[] = [() => 1, Symbol('s'), { f: () => 1 }, [Symbol('s')], new WeakMap(), Promise.resolve()];
  for (const value of bad) {
    await rejects(registry.set(1, value), { name: 'DataCloneError', message: /registry\.set\(1\): .*as it was/ });
    await rejects(registry.set(2, value), { name: 'DataCloneError' });
  }
  equal([await registry.get(1), await registry.has(2), registry.size], ['before', false, 1]);
});

test('values of 8 MiB, and texts of a million characters', async () => {
  const registry = new Registry();
  const bytes = new Uint8Array(8 * 2 ** 20).fill(7);
  bytes[bytes.length - 1] = 9;
  const text = 'Ä'.repeat(1_000_000);
  await withPuppets(registry, 1, async (puppet) => {
    await registry.set(1, bytes);
    await registry.set(2, text);
    await puppet.do('set', 3, await puppet.do('get', 1));
    const back = (await registry.get(3)) as Uint8Array;
    equal([back.length, back[0], back.at(-1)], [bytes.length, 7, 9]);
    equal((await puppet.do('get', 2)) === text, true);
  });
});
