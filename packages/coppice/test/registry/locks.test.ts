/** Keys that are held: order, owners, changes that wait, giving up. */
import { Registry } from '../../src/registry.js';
import { equal, rejects } from '../support/assert.js';
import { Puppet, withPuppets } from '../support/puppet.js';
import { test } from '../support/runner.js';

/** Has a puppet ask for something and resolves when the hub must have heard of it; `answer` is still to come. */
async function asked(puppet: Puppet, method: string, ...args: unknown[]): Promise<{ answer: Promise<unknown> }> {
  const answer = puppet.do(method, ...args);
  answer.catch(() => undefined);
  await puppet.do('has', 1);
  return { answer };
}

test('acquire grants in the order of asking, across threads', async () => {
  const registry = new Registry();
  await withPuppets(registry, 3, async (...puppets) => {
    await registry.acquire(1);
    const order: string[] = [];
    const turns: Promise<unknown>[] = [];
    for (const index of [2, 0, 1, 2, 1]) {
      const puppet = puppets[index] as Puppet;
      const { answer } = await asked(puppet, 'acquire', 1);
      turns.push(
        answer.then(async () => {
          order.push(`puppet ${index}`);
          await puppet.do('release', 1);
        }),
      );
      if (index !== 0) continue;
      turns.push(
        registry.acquire(1).then(() => {
          order.push('main');
          return registry.release(1);
        }),
      );
      await registry.has(1);
    }
    equal(order, []);
    await registry.release(1);
    await Promise.all(turns);
    equal(order, ['puppet 2', 'puppet 0', 'main', 'puppet 1', 'puppet 2', 'puppet 1']);
  });
});

test('acquiring twice in one thread waits for the release as well', async () => {
  const registry = new Registry<number>();
  await registry.acquire(1);
  const order: string[] = [];
  const second = registry.acquire(1).then((value) => order.push(`second sees ${String(value)}`));
  await registry.set(1, 5);
  order.push('release');
  await registry.release(1);
  await second;
  equal(order, ['release', 'second sees 5']);
  await registry.release(1);
});

test('releasing what one does not hold rejects: never acquired, released before, held by another', async () => {
  const registry = new Registry();
  const notHeld = { name: 'RegistryError', code: 'not_held', message: /release\(1\).*does not hold key 1/ };
  await rejects(registry.release(1), notHeld);
  await registry.acquire(1);
  await registry.release(1);
  await rejects(registry.release(1), notHeld);
  await withPuppets(registry, 1, async (puppet) => {
    await puppet.do('acquire', 1);
    await rejects(registry.release(1), notHeld);
    await rejects(puppet.do('release', 2), { name: 'RegistryError', code: 'not_held' });
    await puppet.do('release', 1);
  });
});

test('changes by others wait for the release, in order; reading does not', async () => {
  const registry = new Registry();
  await registry.set(1, 'first');
  await withPuppets(registry, 2, async (one, other) => {
    await registry.acquire(1);
    const set = await asked(one, 'set', 1, 'by one');
    const deleted = await asked(other, 'delete', 1);
    const again = await asked(one, 'set', 1, 'by one again');
    equal([await registry.get(1), await one.do('get', 1), await other.do('has', 1)], ['first', 'first', true]);
    await registry.set(1, 'by the holder');
    equal(await other.do('get', 1), 'by the holder');
    await registry.release(1);
    equal([await set.answer, await deleted.answer, await again.answer], ['registry', true, 'registry']);
    equal(await registry.get(1), 'by one again');
  });
});

test('clear waits for keys that others hold and takes the rest at once', async () => {
  const registry = new Registry();
  for (const key of [1, 2, 3, 4]) await registry.set(key, `value ${key}`);
  await withPuppets(registry, 2, async (one, other) => {
    await one.do('acquire', 2);
    await other.do('acquire', 3);
    await registry.acquire(4);
    const cleared = registry.clear();
    await registry.has(1);
    equal(await one.do('get', 1), undefined);
    equal(
      [...((await one.do('known')) as [number][])].map(([key]) => key),
      [2, 3],
    );
    // What would be a deadlock if clear kept one key while it waits for another.
    const { answer } = await asked(one, 'acquire', 3);
    await other.do('set', 3, 'changed by its holder');
    await other.do('release', 3);
    equal(await answer, undefined);
    await one.do('release', 2);
    await cleared;
    equal(registry.size, 0);
  });
});

test('who acquires sees what the one before has set; so does a get after its release', async () => {
  const registry = new Registry();
  await withPuppets(registry, 2, async (one, other) => {
    for (let i = 0; i < 50; i++) {
      await one.do('acquire', 1);
      const { answer } = await asked(other, 'acquire', 1);
      await one.do('set', 1, i);
      await one.do('release', 1);
      equal(await answer, i);
      equal(await registry.get(1), i);
      await other.do('release', 1);
    }
  });
});

test('an acquire that times out leaves the queue, and says what to do', async () => {
  const registry = new Registry();
  await withPuppets(registry, 2, async (one, other) => {
    await one.do('acquire', 1);
    await rejects(registry.acquire(1, { timeoutMs: 5 }), { name: 'TimeoutError', message: /acquire\(1\): .* 5 ms/ });
    await rejects(other.do('acquire', 1, { timeoutMs: 5 }), { name: 'TimeoutError' });
    await rejects(registry.release(1), { name: 'RegistryError', code: 'not_held' });
    const { answer } = await asked(other, 'acquire', 1);
    await one.do('release', 1);
    await answer;
    await rejects(registry.acquire(1, { timeoutMs: 0 }), { name: 'TimeoutError' });
    await other.do('release', 1);
    await registry.acquire(1, { timeoutMs: 0 });
    await registry.release(1);
    for (const timeoutMs of [Infinity, 2 ** 31, 2 ** 53]) {
      await registry.acquire(1, { timeoutMs });
      await registry.release(1);
    }
    for (const timeoutMs of [-1, NaN, '5']) {
      const options = { timeoutMs: timeoutMs as number };
      await rejects(registry.acquire(1, options), { name: 'TypeError', message: /timeoutMs/ });
    }
  });
});

test('an acquire that is aborted rejects with the reason, before and while it waits', async () => {
  const registry = new Registry();
  await registry.acquire(1);
  const reason = new RangeError('no longer wanted');
  await rejects(registry.acquire(1, { signal: AbortSignal.abort(reason) }), { name: 'RangeError' });
  const controller = new AbortController();
  const waiting = registry.acquire(1, { signal: controller.signal, timeoutMs: 60_000 });
  controller.abort(reason);
  equal((await rejects(waiting, { name: 'RangeError' })) === reason, true);
  await registry.release(1);
  await registry.acquire(1);
  const later = new AbortController();
  await registry.release(1);
  await registry.acquire(1, { signal: later.signal });
  later.abort();
  await registry.set(1, 'still held');
  await registry.release(1);
});

test('giving up at the moment of the grant never leaves a key behind', async () => {
  const registry = new Registry();
  await withPuppets(registry, 1, async (puppet) => {
    let granted = 0;
    for (let i = 0; i < 150; i++) {
      await puppet.do('acquire', 1);
      const controller = new AbortController();
      const waiting = registry.acquire(1, { signal: controller.signal, timeoutMs: 1 + (i % 3) }).then(
        () => {
          granted++;
          return registry.release(1);
        },
        () => undefined,
      );
      const released = puppet.do('release', 1);
      if (i % 2) controller.abort(new DOMException('enough', 'AbortError'));
      await Promise.all([waiting, released]);
    }
    equal(granted <= 150, true);
    await registry.acquire(1, { timeoutMs: 0 });
    await registry.release(1);
    await puppet.do('acquire', 1, { timeoutMs: 0 });
  });
});

test('two threads that take two keys in the same order, and a third that changes both, all come to an end', async () => {
  const registry = new Registry<number>();
  await withPuppets(registry, 3, async (one, other, third) => {
    const both = async (puppet: Puppet): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        await puppet.do('acquire', 1);
        await puppet.do('acquire', 2);
        await puppet.do('set', 1, i);
        await puppet.do('set', 2, i);
        await puppet.do('release', 2);
        await puppet.do('release', 1);
      }
    };
    const changes = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await third.do(i % 5 ? 'set' : 'delete', 1 + (i % 2), -i);
      await third.do('clear');
    };
    await Promise.all([both(one), both(other), changes()]);
  });
});
