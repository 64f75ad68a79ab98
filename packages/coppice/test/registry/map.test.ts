/** A registry as a map within one thread. */
import { bind, Registry, RegistryError, unbind, type RegistryData } from '../../src/registry.js';
import { equal, ok, rejects, throws } from '../support/assert.js';
import { test } from '../support/runner.js';

async function three(): Promise<Registry<string>> {
  const registry = new Registry<string>(1_000);
  for (const [key, value] of [
    [10, 'ten'],
    [2, 'two'],
    [30, 'thirty'],
  ] as const)
    await registry.set(key, value);
  return registry;
}

test('set resolves to the registry, and get sees it', async () => {
  const registry = new Registry<string>();
  ok((await registry.set(1, 'oak')) === registry);
  equal(await registry.get(1), 'oak');
  equal(await (await registry.set(1, 'ash')).get(1), 'ash');
  equal(registry.size, 1);
});

test('has is true for keys and false for positions', async () => {
  const registry = await three();
  equal(await Promise.all([1, 2, 3, 9, 10, 11, 30, 1_000].map((key) => registry.has(key))), [
    false,
    true,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test('delete tells whether there was an entry; get and has after it answer', async () => {
  const registry = await three();
  equal([await registry.delete(2), await registry.delete(2), await registry.delete(5)], [true, false, false]);
  equal([await registry.get(2), await registry.has(2), registry.size], [undefined, false, 2]);
  equal([...registry.keys()], [10, 30]);
});

test('a deleted key can be set again', async () => {
  const registry = await three();
  await registry.delete(10);
  await registry.set(10, 'again');
  equal(
    [...registry],
    [
      [2, 'two'],
      [30, 'thirty'],
      [10, 'again'],
    ],
  );
});

test('clear empties; what follows it stays', async () => {
  const registry = await three();
  const cleared = registry.clear();
  await registry.set(4, 'four');
  await cleared;
  equal([...registry], [[4, 'four']]);
});

test('keys, values, entries, forEach and iteration go by insertion and are independent of each other', async () => {
  const registry = await three();
  equal([...registry.keys()], [10, 2, 30]);
  equal([...registry.values()], ['ten', 'two', 'thirty']);
  equal(
    [...registry.entries()],
    [
      [10, 'ten'],
      [2, 'two'],
      [30, 'thirty'],
    ],
  );
  const visited: unknown[] = [];
  registry.forEach((value, key, itself) => visited.push([key, value, itself === registry]));
  equal(visited, [
    [10, 'ten', true],
    [2, 'two', true],
    [30, 'thirty', true],
  ]);
  const pairs: unknown[] = [];
  for (const [outer] of registry) for (const [inner] of registry) pairs.push(outer * 100 + inner);
  equal(pairs.length, 9);
  equal(JSON.stringify(registry), '[[10,"ten"],[2,"two"],[30,"thirty"]]');
  equal(Object.prototype.toString.call(registry), '[object Registry]');
});

test('keys are positive safe integers, and other keys are a TypeError that says so', async () => {
  const registry = new Registry();
  for (const key of [0, -1, 1.5, NaN, Infinity, 2 ** 53, '1', 1n, null, undefined, {}, Symbol('key')]) {
    for (const method of ['get', 'has', 'set', 'delete', 'acquire', 'release'] as const) {
      const call = registry[method].bind(registry) as unknown as (key: unknown, value: object) => Promise<unknown>;
      await rejects(call(key, {}), {
        name: 'TypeError',
        message: new RegExp(`registry.${method}: .*from 1 to 2\\^53`),
      });
    }
  }
  await registry.set(Number.MAX_SAFE_INTEGER, 'last');
  equal(await registry.get(Number.MAX_SAFE_INTEGER), 'last');
});

test('the wrong arguments of constructor, bind and unbind are told', async () => {
  for (const start of [-1, 1.5, NaN, '10', {}, null, []]) {
    throws(() => new Registry(start as unknown as number), { name: 'TypeError', message: /registry\.data/ });
  }
  const registry = new Registry();
  throws(
    () => {
      bind({} as Registry);
    },
    { name: 'TypeError', message: /no Registry/ },
  );
  throws(
    () => {
      bind(registry, {} as Worker);
    },
    { name: 'TypeError', message: /no worker/ },
  );
  throws(
    () => {
      bind(registry);
    },
    { name: 'RegistryError', code: 'unbound', message: /pass the worker/ },
  );
  throws(
    () => {
      unbind(registry);
    },
    { name: 'RegistryError', code: 'unbound' },
  );
  throws(
    () => {
      bind(new Registry(registry.data));
    },
    { name: 'RegistryError', code: 'unbound', message: /no parent/ },
  );
  const error = await rejects(new Registry(registry.data).get(1), { name: 'RegistryError', code: 'unbound' });
  ok(error instanceof RegistryError);
});

test('data survives a copy and holds the entries of its time', async () => {
  const registry = await three();
  const data: RegistryData<string> = structuredClone(registry.data);
  await registry.set(2, 'later');
  equal(
    [...new Registry(data)],
    [
      [10, 'ten'],
      [2, 'two'],
      [30, 'thirty'],
    ],
  );
});

test('a loop that only asks the registry of its own thread lets others have their turn', async () => {
  const registry = new Registry();
  let fired = false;
  setTimeout(() => (fired = true), 0);
  while (!fired) await registry.get(1);
  ok(fired);
});

test('many requests at once are answered, in order', async () => {
  const registry = new Registry<number>();
  const answers: (number | undefined)[] = [];
  const all: Promise<unknown>[] = [];
  for (let i = 0; i < 1_000; i++) {
    all.push(
      registry.set(1, i),
      registry.get(1).then((value) => answers.push(value)),
    );
  }
  await Promise.all(all);
  equal(
    answers,
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});
