/** What a registry is for, end to end, with workers as the usual kind of the runtime. */
import { Registry } from '../../src/registry.js';
import { equal } from '../support/assert.js';
import { withPuppets } from '../support/puppet.js';
import { test } from '../support/runner.js';

test('main and three workers add 1,000 each to one key: 4,000', async () => {
  const registry = new Registry<number>();
  await withPuppets(registry, 3, async (...puppets) => {
    const here = async (): Promise<void> => {
      for (let i = 0; i < 1_000; i++) {
        const value = await registry.acquire(1);
        await registry.set(1, (value ?? 0) + 1);
        await registry.release(1);
      }
    };
    await Promise.all([here(), ...puppets.map((puppet) => puppet.do('increment', 1, 1_000))]);
    equal(await registry.get(1), 4_000);
    for (const puppet of puppets) equal(await puppet.do('get', 1), 4_000);
  });
});

/** Memory that threads share where there is such a thing, else memory of one's own: a page without COOP and COEP. */
const shares = typeof SharedArrayBuffer === 'function';
const bytes = (length: number): Uint8Array =>
  shares ? new Uint8Array(new SharedArrayBuffer(length)) : new Uint8Array(length);

test('a worker doubles an array: the parent sees the longer one', async () => {
  const registry = new Registry<Uint8Array>();
  await registry.set(1, bytes(10));
  await withPuppets(registry, 1, async (puppet) => {
    equal(((await puppet.do('acquire', 1)) as Uint8Array).byteLength, 10);
    await puppet.do('set', 1, bytes(20));
    await puppet.do('release', 1);
    equal((await registry.get(1))?.byteLength, 20);
  });
});

test('SharedArrayBuffers are the same memory everywhere, also within values; where there are none, values are copies', async () => {
  const registry = new Registry<Uint8Array | { deep: Uint8Array[] }>();
  const flat = bytes(4);
  const nested = bytes(4);
  await registry.set(1, flat);
  await registry.set(2, { deep: [nested] });
  await withPuppets(registry, 2, async (one, other) => {
    await one.do('write', 1, 2, 42);
    equal(flat[2], shares ? 42 : 0);
    equal(((await other.do('get', 1)) as Uint8Array)[2], shares ? 42 : 0);
    ((await registry.get(2)) as { deep: [Uint8Array] }).deep[0][0] = 7;
    equal(nested[0], shares ? 7 : 0);
    equal(((await other.do('get', 2)) as { deep: [Uint8Array] }).deep[0][0], shares ? 7 : 0);
  });
});

test('a missing key is undefined, here and in a worker', async () => {
  const registry = new Registry();
  equal([await registry.get(7), await registry.has(7), await registry.acquire(7)], [undefined, false, undefined]);
  await registry.release(7);
  await withPuppets(registry, 1, async (puppet) => {
    equal([await puppet.do('get', 7), await puppet.do('has', 7)], [undefined, false]);
  });
});

test('iteration yields keys and values, and growth keeps them', async () => {
  const registry = new Registry<string>(1);
  const keys = Array.from({ length: 5_000 }, (_, index) => index * 3 + 1);
  await Promise.all(keys.map((key) => registry.set(key, `value ${key}`)));
  equal(registry.size, keys.length);
  equal([...registry.keys()], keys);
  equal(
    [...registry],
    keys.map((key) => [key, `value ${key}`]),
  );
  await withPuppets(registry, 1, async (puppet) => {
    equal(await puppet.do('known'), [...registry]);
  });
});
