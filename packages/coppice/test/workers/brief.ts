/** Acquires a key, waits for another with nothing else to do, sets an entry, and has then nothing left to do. */
import { bind, Registry, type RegistryData } from '../../src/registry.js';
import { insideWorker } from '../support/workers.js';

const inside = await insideWorker();
const registry = new Registry(inside.data as RegistryData<string>);
bind(registry);
await registry.acquire(2);
await registry.acquire(3);
await registry.set(1, 'done');
