/** Numbers that look random and are the same in every run, and what is done with them in several threads. */
import type { Registry } from '../../src/registry.js';

/** A function from a bound to a whole number below it (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Adds 1 to a counter under its lock, unless it gives up first, by timeout or signal; returns whether it did. */
export async function addOne(registry: Registry, key: number, random: (below: number) => number): Promise<boolean> {
  const controller = new AbortController();
  const how = random(4);
  const options = how === 0 ? { timeoutMs: random(3) } : how === 1 ? { signal: controller.signal } : {};
  if (how === 1)
    setTimeout(() => {
      controller.abort(new DOMException('enough', 'AbortError'));
    }, random(3));
  let value: unknown;
  try {
    value = await registry.acquire(key, options);
  } catch (error) {
    if (['TimeoutError', 'AbortError'].includes((error as Error).name)) return false;
    throw error;
  }
  await registry.set(key, ((value as number | undefined) ?? 0) + 1);
  await registry.release(key);
  return true;
}
