// The spaces of this worker: the one that new collections are made in, and those of others that it has attached to.

import { checkMaximum, type MemoryOptions, Space } from './space.js';
import type { WasmMemory } from './wasm-types.js';

let current: Space | undefined;
let options: MemoryOptions = {};
const spaces = new Map<WasmMemory, WeakRef<Space>>();

function remember(space: Space): Space {
  spaces.set(space.memory, new WeakRef(space));
  return space;
}

/** The space in which new collections are made; the first call reserves the memory. */
export function currentSpace(): Space {
  current ??= remember(Space.create(options));
  sharedBuffer = current.memory.buffer;
  return current;
}

/**
 * The memory of the collections, as it was when the last one was made; undefined before there is any. A live binding.
 */
export let sharedBuffer: ArrayBufferLike | undefined;

/**
 * Whether versions that are not held any more are given back while collections are changed; else by `collect()`, and when
 * memory is full. It is, if not said.
 *
 * @example
 * ```ts
 * import { configureAutoGC } from 'coppice/hamt';
 * configureAutoGC({ enabled: false });
 * ```
 */
export function configureAutoGC({ enabled = true }: { readonly enabled?: boolean } = {}): void {
  const space = currentSpace();
  space.x.settle_by_itself(space.area, enabled ? 1 : 0);
}

/** From now on new collections are made in new memory. Those that there are stay as they are. */
export function resetMemory(): void {
  current = undefined;
  sharedBuffer = undefined;
}

/** The space on a memory; a worker that has none of its own makes its collections there, too. */
export function spaceOf(memory: WasmMemory, maximumBytes: number): Space {
  const known = spaces.get(memory)?.deref() ?? findSame(memory);
  if (known !== undefined) return known;
  const joined = Space.join(memory, maximumBytes, options);
  spaces.set(memory, new WeakRef(joined));
  current ??= joined;
  return joined;
}

/** A memory that was posted twice is two objects: a mark tells whether both are the same. */
function findSame(memory: WasmMemory): Space | undefined {
  for (const [, reference] of spaces) {
    const space = reference.deref();
    if (space !== undefined && space.isOn(memory)) return space;
  }
  return undefined;
}

/** How the memory is made that the next first collection needs. Collections that there are keep theirs. */
export function configureMemory(wanted: MemoryOptions): void {
  checkMaximum(wanted.maximumBytes);
  options = { ...options, ...wanted };
}

/** The memory that new collections of this worker are made in. */
export function sharedMemory(): WasmMemory {
  return currentSpace().memory;
}
