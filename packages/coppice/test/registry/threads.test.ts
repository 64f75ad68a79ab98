/** Who hears of what: siblings, latecomers, workers of workers, workers of the other kind. */
import { bind, Registry, unbind } from '../../src/registry.js';
import { equal, rejects } from '../support/assert.js';
import { Puppet, withPuppets } from '../support/puppet.js';
import { skip, test } from '../support/runner.js';
import { kinds, startWorker } from '../support/workers.js';

test('workers hear of the entries of others while the parent does nothing', async () => {
  const registry = new Registry();
  await withPuppets(registry, 3, async (one, other, third) => {
    await one.do('set', 1, 'from one');
    equal(await other.do('get', 1), 'from one');
    await other.do('set', 1, 'from other');
    await other.do('delete', 2);
    await third.do('set', 3, 'from third');
    equal(await one.do('get', 1), 'from other');
    equal(await one.do('known'), [
      [1, 'from other'],
      [3, 'from third'],
    ]);
    await third.do('clear');
    equal([await one.do('get', 1), await one.do('size')], [undefined, 0]);
  });
});

test('one data given to two workers, and older than the entries: both see all', async () => {
  const registry = new Registry();
  for (const key of [1, 2, 3]) await registry.set(key, `old ${key}`);
  const { data } = registry;
  await registry.set(2, 'new 2');
  await registry.delete(1);
  await registry.set(1, 'new 1');
  await registry.delete(3);
  const puppets = [new Puppet(registry, { data }), new Puppet(registry, { data })];
  for (const puppet of puppets) {
    equal([await puppet.do('get', 1), await puppet.do('has', 3)], ['new 1', false]);
    equal(await puppet.do('known'), [
      [2, 'new 2'],
      [1, 'new 1'],
    ]);
  }
  await puppets[0]?.do('set', 4, 'four');
  equal(await puppets[1]?.do('get', 4), 'four');
  await Promise.all(puppets.map((puppet) => puppet.terminate()));
});

test('a worker knows the entries of its data before it is bound', async () => {
  const registry = new Registry();
  await registry.set(1, 'one');
  const puppet = new Puppet(registry, { late: true, unbound: true });
  equal(await puppet.do('known'), [[1, 'one']]);
  await puppet.terminate();
});

test('a worker that binds long after its parent sees what it missed', async () => {
  const registry = new Registry();
  const puppet = new Puppet(registry, { late: true });
  await puppet.ready;
  await registry.set(1, 'meanwhile');
  equal(await puppet.do('size'), 0);
  await puppet.do('bind');
  await puppet.do('bind');
  equal(await puppet.do('get', 1), 'meanwhile');
  await puppet.terminate();
});

test('a worker that never calls bind is bound by its first request', async () => {
  const registry = new Registry();
  await registry.set(1, 'one');
  const puppet = new Puppet(registry, { late: true });
  equal(await puppet.do('get', 1), 'one');
  await puppet.terminate();
});

test('a parent that binds long after its worker: what was asked meanwhile is answered', async () => {
  const registry = new Registry();
  const puppet = new Puppet(registry, { unbound: true });
  await puppet.ready;
  const answer = puppet.do('acquire', 1);
  const set = puppet.do('set', 1, 'by the worker');
  await registry.set(1, 'by main');
  bind(registry, puppet.started.worker);
  bind(registry, puppet.started.worker);
  equal([await answer, await set, await registry.get(1)], ['by main', 'registry', 'by the worker']);
  await puppet.terminate();
});

test('workers of workers take part like all others', async () => {
  const registry = new Registry();
  await registry.set(1, 'root');
  await withPuppets(registry, 2, async (one, other) => {
    await one.do('spawn', 'child');
    equal(await one.child(['child'], 'get', 1), 'root');
    await one.child(['child'], 'spawn', 'grandchild');
    await one.child(['child', 'grandchild'], 'set', 2, 'from below');
    equal([await registry.get(2), await other.do('get', 2)], ['from below', 'from below']);
    await Promise.all([
      registry.acquire(3).then(() => registry.release(3)),
      one.child(['child'], 'increment', 4, 100),
      one.child(['child', 'grandchild'], 'increment', 4, 100),
      other.do('increment', 4, 100),
    ]);
    equal(await one.child(['child'], 'get', 4), 300);
    await one.child(['child', 'grandchild'], 'acquire', 5);
    const waiting = other.do('acquire', 5);
    await one.child(['child'], 'kill', 'grandchild');
    equal(await waiting, undefined);
    await one.child(['child'], 'acquire', 6);
  });
  await registry.acquire(6);
});

test('two registries on one worker do not mix', async () => {
  const [first, second] = [new Registry(), new Registry()];
  const puppet = new Puppet(first);
  bind(second, puppet.started.worker);
  await puppet.do('set', 1, 'first');
  equal([await first.get(1), await second.get(1)], ['first', undefined]);
  await puppet.terminate();
});

test('100 keys, main and four workers', async () => {
  const registry = new Registry();
  await withPuppets(registry, 4, async (...puppets) => {
    const keys = Array.from({ length: 100 }, (_, index) => index + 1);
    await Promise.all(puppets.flatMap((puppet) => keys.map((key) => puppet.do('increment', key, 3))));
    equal(
      [...registry.keys()].sort((a, b) => a - b),
      keys,
    );
    for (const key of keys) equal(await registry.get(key), 12);
    for (const puppet of puppets) equal(await puppet.do('size'), 100);
  });
});

test('web Workers take part as well as those of node:worker_threads', async () => {
  if (!kinds.includes('web')) skip('this runtime has no web Workers');
  const registry = new Registry();
  const puppets = kinds.flatMap((kind) => [new Puppet(registry, { kind }), new Puppet(registry, { kind })]);
  await Promise.all(puppets.map((puppet) => puppet.do('increment', 1, 100)));
  equal(await registry.get(1), puppets.length * 100);
  for (const puppet of puppets) equal(await puppet.do('get', 1), puppets.length * 100);
  await Promise.all(puppets.map((puppet) => puppet.terminate()));
});

test('unbinding a worker releases what it holds and rejects what it asks', async () => {
  const registry = new Registry();
  await registry.set(1, 'one');
  await withPuppets(registry, 1, async (puppet) => {
    await puppet.do('acquire', 1);
    await registry.acquire(2);
    const waiting = puppet.do('acquire', 2);
    waiting.catch(() => undefined);
    await puppet.do('has', 1);
    unbind(registry, puppet.started.worker);
    await rejects(waiting, { name: 'RegistryError', code: 'closed', message: /unbound/ });
    await registry.acquire(1);
    await rejects(puppet.do('get', 1), { name: 'RegistryError', code: 'closed' });
    equal(await puppet.do('known'), [[1, 'one']]);
    unbind(registry, puppet.started.worker);
  });
});

test('a worker that unbinds itself releases what it holds', async () => {
  const registry = new Registry();
  await withPuppets(registry, 1, async (puppet) => {
    await puppet.do('acquire', 1);
    const waiting = registry.acquire(1);
    await puppet.do('unbind');
    await waiting;
    await rejects(puppet.do('set', 1, 1), { name: 'RegistryError', code: 'closed', message: /unbound here/ });
  });
});

test('messages of the program go both ways beside the registry’s', async () => {
  const registry = new Registry();
  const { worker, post, onMessage, terminate } = startWorker('echo', registry.data);
  bind(registry, worker);
  const echoed: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    onMessage((message) => {
      if (echoed.push(message) === 3) resolve();
    });
  });
  for (const word of ['a', 'b', 'c']) post(word);
  await all;
  equal(echoed, ['a 1', 'b 2', 'c 3']);
  equal(await registry.get(1), 3);
  await terminate();
});
