/** Acquires a key and lets go of the registry; collects garbage whenever it gets a message. */
import { bind, Registry, type RegistryData } from '../../src/registry.js';
import { insideWorker } from '../support/workers.js';

const inside = await insideWorker();

async function start(): Promise<void> {
  const registry = new Registry(inside.data as RegistryData);
  bind(registry);
  await registry.acquire(1);
}

async function collectGarbage(): Promise<void> {
  (globalThis as { Bun?: { gc(force: boolean): void } }).Bun?.gc(true);
  for (let round = 0; round < 5; round++) {
    let heap: unknown[] = [];
    for (let i = 0; i < 200_000; i++) heap.push({ i });
    heap = [];
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

await start();
inside.onMessage(() => {
  void collectGarbage().then(() => {
    inside.post('collected');
  });
});
inside.post('ready');
