/** Random operations in several threads, against a model and against counts. */
import { Registry } from '../../src/registry.js';
import { equal } from '../support/assert.js';
import { withPuppets } from '../support/puppet.js';
import { addOne, randomFrom } from '../support/random.js';
import { test } from '../support/runner.js';

const KEYS = 12;

for (const seed of [1, 2, 3]) {
  test(`random operations, each in a random thread, do what a Map does (seed ${seed})`, async () => {
    const registry = new Registry();
    const model = new Map<number, unknown>();
    const random = randomFrom(seed);
    await withPuppets(registry, 3, async (...puppets) => {
      for (let step = 0; step < 600; step++) {
        const puppet = puppets[random(4)];
        const call = (method: string, ...args: unknown[]): Promise<unknown> =>
          puppet
            ? puppet.do(method, ...args)
            : (registry[method as 'get'] as (...all: unknown[]) => Promise<unknown>)(...args);
        const key = 1 + random(KEYS);
        const kind = random(40);
        if (kind === 0) {
          await call('clear');
          model.clear();
        } else if (kind < 8) {
          equal(await call('delete', key), model.delete(key), `step ${step}`);
        } else if (kind < 24) {
          const value = { step, key, list: [seed] };
          await call('set', key, value);
          model.set(key, value);
        } else if (kind < 28) {
          equal(await call('acquire', key), model.get(key), `step ${step}`);
          await call('release', key);
        } else {
          equal([await call('get', key), await call('has', key)], [model.get(key), model.has(key)], `step ${step}`);
        }
      }
      equal([...registry], [...model]);
      for (const puppet of puppets) {
        await puppet.do('has', 1);
        equal(await puppet.do('known'), [...model]);
      }
    });
  });
}

test('random counters under locks, with timeouts and aborts: no count is lost or made twice', async () => {
  const registry = new Registry<number>();
  await withPuppets(registry, 3, async (...puppets) => {
    const added = new Map<number, number>();
    const here = async (): Promise<Map<number, number>> => {
      const random = randomFrom(99);
      const own = new Map<number, number>();
      for (let i = 0; i < 400; i++) {
        const key = 1 + random(KEYS);
        if (await addOne(registry, key, random)) own.set(key, (own.get(key) ?? 0) + 1);
      }
      return own;
    };
    const counts = await Promise.all([
      here(),
      ...puppets.map((puppet, index) => puppet.do('scramble', KEYS, 400, index)),
    ]);
    for (const count of counts as Map<number, number>[]) {
      for (const [key, times] of count) added.set(key, (added.get(key) ?? 0) + times);
    }
    for (let key = 1; key <= KEYS; key++) {
      equal(await registry.acquire(key, { timeoutMs: 0 }), added.get(key), `counter ${key}`);
    }
  });
});
