// The spaces of this worker: the one that new collections are made in, and those of others that it has attached to.

import { type MemoryOptions, Space } from './space.js';
import type { WasmMemory } from './wasm-types.js';

let current: Space | undefined;
let options: MemoryOptions = {};
const spaces = new Map<WasmMemory | ArrayBufferLike, WeakRef<Space>>();

function remember(space: Space): Space {
  // A memory that comes in a message is another object each time; its buffer is the same.
  spaces.set(space.memory, new WeakRef(space));
  return space;
}

/** The space in which new collections are made; the first call reserves the memory. */
export function currentSpace(): Space {
  return (current ??= remember(Space.create(options)));
}

/** The space on a memory; a worker that has none of its own makes its collections there, too. */
export function spaceOf(memory: WasmMemory, maximumBytes: number): Space {
  const known = spaces.get(memory)?.deref() ?? findSame(memory);
  if (known !== undefined) return known;
  const joined = Space.join(memory, maximumBytes);
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
  options = { ...options, ...wanted };
}

/** From now on new collections are made in this space; undefined: in a new one. */
export function useSpace(space: Space | undefined): void {
  current = space;
}
