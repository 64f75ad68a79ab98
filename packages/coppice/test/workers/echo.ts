/** Sends back each message with the count of messages so far, which it keeps in the registry. */
import { bind, Registry, type RegistryData } from '../../src/registry.js';
import { insideWorker } from '../support/workers.js';

const inside = await insideWorker();
const registry = new Registry(inside.data as RegistryData<number>);
bind(registry);
inside.onMessage((message) => {
  void (async () => {
    const count = ((await registry.acquire(1)) ?? 0) + 1;
    await registry.set(1, count);
    await registry.release(1);
    inside.post(`${String(message)} ${count}`);
  })();
});
