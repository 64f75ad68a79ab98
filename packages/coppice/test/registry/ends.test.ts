/** Workers that end while they hold, wait or write, and threads that have nothing left to do. */
import { bind, Registry, unbind } from '../../src/registry.js';
import { equal, ok, rejects } from '../support/assert.js';
import { Puppet, withPuppets } from '../support/puppet.js';
import { test } from '../support/runner.js';
import { endsUnseen, kinds, startWorker } from '../support/workers.js';

for (const kind of kinds) {
  test(`a worker that is terminated releases what it holds (${kind})`, async () => {
    const registry = new Registry();
    const puppet = new Puppet(registry, { kind });
    for (const key of [1, 2, 3]) await puppet.do('acquire', key);
    await puppet.do('set', 1, 'by the one who ended');
    const waiting = [1, 2, 3].map((key) => registry.acquire(key));
    await puppet.terminate();
    equal(await Promise.all(waiting), ['by the one who ended', undefined, undefined]);
  });
}

test('a worker that is terminated while it waits is passed over', async () => {
  const registry = new Registry();
  await withPuppets(registry, 2, async (one, other) => {
    await registry.acquire(1);
    await one.do('begin', 'acquire', 1);
    await one.do('begin', 'set', 1, 'never');
    await one.do('has', 1);
    const answer = other.do('acquire', 1);
    await other.do('has', 1);
    await one.terminate();
    await registry.release(1);
    equal(await answer, undefined);
    await other.do('release', 1);
    equal(await registry.acquire(1), undefined);
  });
});

test('a worker that is terminated in the middle of changes leaves whole values and no lock', async () => {
  const registry = new Registry<number[]>();
  const value = (n: number): number[] => Array.from({ length: 20_000 }, () => n);
  await registry.set(1, value(0));
  for (let round = 1; round <= 6; round++) {
    const puppet = new Puppet(registry);
    await puppet.do('acquire', 1);
    for (let i = 0; i < 20; i++) void puppet.do('begin', 'set', 1, value(round));
    await puppet.terminate();
    const seen = await registry.acquire(1);
    ok(seen);
    equal([seen.length, new Set(seen).size], [20_000, 1]);
    ok((seen[0] as number) <= round);
    await registry.set(1, value(round));
    await registry.release(1);
  }
});

test('workers that end at random while all count: the others go on, and no count is lost', async () => {
  const registry = new Registry<number>();
  await withPuppets(registry, 2, async (one, other) => {
    const counted = [one.do('increment', 1, 300), other.do('increment', 1, 300)];
    let counting = true;
    void Promise.all(counted).then(() => (counting = false));
    let victims = 0;
    while (counting || victims < 3) {
      const victim = new Puppet(registry);
      await victim.do('begin', 'acquire', 1);
      await victim.do('begin', 'acquire', 2);
      await victim.terminate();
      victims++;
    }
    await Promise.all(counted);
    equal(await registry.acquire(1), 600);
    equal(await registry.acquire(2), undefined);
  });
});

test('a worker that waits stays alive; one with nothing left to do ends by itself, and so does its lock', async () => {
  const registry = new Registry();
  await registry.acquire(3);
  const { worker, terminate } = startWorker('brief', registry.data);
  bind(registry, worker);
  while (
    (await registry.acquire(2, { timeoutMs: 0 }).then(
      () => 'free',
      () => 'held',
    )) === 'free'
  ) {
    await registry.release(2);
  }
  // Long enough for a worker that nothing keeps alive to be gone.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await registry.release(3);
  // Set by the worker while it holds key 2, and it holds it until it ends.
  while ((await registry.get(1)) === undefined);
  // Web workers live until somebody ends them.
  if (kinds[0] === 'web') await terminate();
  if (endsUnseen) unbind(registry, worker);
  await registry.acquire(2);
  equal(await registry.get(1), 'done');
});

test('a worker that has let go of its registry still holds its key as long as it lives', async () => {
  const registry = new Registry();
  const { worker, post, onMessage, terminate } = startWorker('forgetful', registry.data);
  bind(registry, worker);
  let heard: () => void = () => undefined;
  onMessage(() => {
    heard();
  });
  await new Promise<void>((resolve) => (heard = resolve));
  for (let round = 0; round < 3; round++) {
    post('collect garbage');
    await new Promise<void>((resolve) => (heard = resolve));
    await registry.has(1);
    await rejects(registry.acquire(1, { timeoutMs: 0 }), { name: 'TimeoutError' });
  }
  await terminate();
  if (endsUnseen) unbind(registry, worker);
  await registry.acquire(1);
});
