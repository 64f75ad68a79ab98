/** What a registry is for, end to end, with workers as the usual kind of the runtime. */
import { Registry } from '../../src/registry.js';
import { equal, ok } from '../support/assert.js';
import { Puppet, withPuppets } from '../support/puppet.js';
import { test } from '../support/runner.js';

test('main and three workers add 1,000 each to one key: 4,000', async () => {
  const registry = new Registry();
  await withPuppets(registry, 3, async (...puppets) => {
    const here = async (): Promise<void> => {
      for (let i = 0; i < 1_000; i++) {
        const value = (await registry.acquire(1)) as number | undefined;
        await registry.set(1, (value ?? 0) + 1);
        await registry.release(1);
      }
    };
    await Promise.all([here(), ...puppets.map((puppet) => puppet.do('increment', 1, 1_000))]);
    equal(await registry.get(1), 4_000);
    for (const puppet of puppets) equal(await puppet.do('get', 1), 4_000);
  });
});
