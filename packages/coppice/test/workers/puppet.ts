/**
 * A worker that does with its registry what the test tells it: a method by name, or one of the programs below. Puppets
 * make puppets: a command with a path goes to the child, or its child, of that name.
 */
import { bind, Registry, unbind } from '../../src/registry.js';
import { insideWorker } from '../support/workers.js';
import { addOne, randomFrom } from '../support/random.js';
import { Puppet, thaw, type Command, type Start } from '../support/puppet.js';

const inside = await insideWorker();
const { data, late } = inside.data as Start;
const registry = new Registry(data);
if (!late) bind(registry);
const children = new Map<string, Puppet>();

const programs: Record<string, (...args: never[]) => unknown> = {
  bind: () => {
    bind(registry);
  },
  unbind: () => {
    unbind(registry);
  },
  size: () => registry.size,
  known: () => [...registry],
  spawn: (name: string) => {
    children.set(name, new Puppet(registry));
  },
  kill: (name: string) => children.get(name)?.terminate(),
  /** Adds 1 to a counter so many times, one lock for each. */
  increment: async (key: number, times: number) => {
    for (let i = 0; i < times; i++) {
      const value = (await registry.acquire(key)) as number | undefined;
      await registry.set(key, (value ?? 0) + 1);
      await registry.release(key);
    }
  },
  /** Starts what the test does not wait for. */
  begin: (method: 'set' | 'acquire', ...args: [number, never]) => {
    registry[method](...args).catch(() => undefined);
  },
  write: async (key: number, index: number, byte: number) => {
    const bytes = (await registry.get(key)) as Uint8Array;
    bytes[index] = byte;
  },
  /** Adds 1 to random counters, giving up when one is not to be had at once; returns how often it did add. */
  scramble: async (keys: number, times: number, seed: number) => {
    const added = new Map<number, number>();
    const random = randomFrom(seed);
    for (let i = 0; i < times; i++) {
      const key = 1 + random(keys);
      if (await addOne(registry, key, random)) added.set(key, (added.get(key) ?? 0) + 1);
    }
    return added;
  },
};

async function perform({ path, method, args }: Command): Promise<unknown> {
  const [next, ...rest] = path;
  if (next !== undefined) return children.get(next)?.command({ path: rest, method, args });
  const program = programs[method];
  if (program) return await program(...(args as never[]));
  const result: unknown = await (registry[method as 'get'] as (...all: unknown[]) => Promise<unknown>)(...args);
  return result === registry ? 'registry' : result;
}

inside.onMessage((message) => {
  const { id, command } = message as { id: number; command: Command };
  perform(command).then(
    (result) => {
      inside.post({ id, result });
    },
    (error: unknown) => {
      inside.post({ id, error: thaw(error) });
    },
  );
});
inside.post({ id: 0 });
