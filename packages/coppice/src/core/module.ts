// The WebAssembly module: its functions, and how it is compiled and instantiated.
//
// The bytes are part of the package (wasm.ts, made by the build), so that nothing has to be fetched. One module serves
// shared memory and memory that is not: the flag in the import is all that differs.

import { threadId } from './liveness.js';
import { wasmBase64 } from './wasm.js';
import type { WasmGlobal, WasmMemory } from './wasm-types.js';

/** Functions of the module. Numbers are addresses, indices and kinds: see src/worker/exports.cpp. */
export interface Exports {
  readonly __stack_pointer: WasmGlobal;
  boot_owners(): number;
  boot_stacks(): number;
  boot_cell_bytes(): number;
  new_worker(): number;
  release_worker(worker: number): void;
  set_host(area: number, low: number, high: number): void;
  others(area: number): number;
  release_thread(area: number, thread: number): void;
  open(worker: number, limitBytes: number, trouble: number): number;
  begin(area: number): number;
  exchange(area: number): number;
  trouble(area: number): number;
  version_new(area: number): number;
  version_drop(area: number, version: number): void;
  version_fork(area: number, version: number): number;
  version_at(area: number, version: number): number;
  collect(area: number): number;
  settle_by_itself(area: number, wanted: number): void;
  blob(area: number, bytes: number): number;
  map_size(area: number, version: number): number;
  map_get(area: number, version: number, kind: number, size: number, number: number): number;
  map_get_short(area: number, version: number, size: number, low: number, high: number): number;
  map_set_short(
    area: number,
    version: number,
    valueKind: number,
    keySize: number,
    low: number,
    high: number,
    valueSize: number,
    valueNumber: number,
    keep: number,
  ): number;
  map_set(
    area: number,
    version: number,
    kinds: number,
    keySize: number,
    keyNumber: number,
    valueSize: number,
    valueNumber: number,
    keep: number,
  ): number;
  map_erase_short(area: number, version: number, size: number, low: number, high: number, keep: number): number;
  map_erase(area: number, version: number, kind: number, size: number, number: number, keep: number): number;
  map_entries(area: number, version: number, from: number, most: number, parts: number): number;
  map_equal(area: number, a: number, b: number): number;
  map_hash(area: number, version: number): number;
  map_join(area: number, into: number, a: number, b: number, operation: number, side: number): number;
  diff_begin(area: number, older: number, newer: number): void;
  diff_next(area: number, most: number): number;
  cursor(area: number): number;
  cursor_bytes(): number;
  vector_size(area: number, version: number): number;
  vector_get(area: number, version: number, position: number): number;
  vector_push(area: number, version: number, kind: number, size: number, number: number): number;
  vector_set(
    area: number,
    version: number,
    position: number,
    kind: number,
    size: number,
    number: number,
    keep: number,
  ): number;
  vector_pop(area: number, version: number, keep: number): number;
  vector_slice(area: number, version: number, from: number, to: number): number;
  vector_append(area: number, version: number, other: number): number;
  vector_elements(area: number, version: number, from: number, most: number): number;
  vector_difference(area: number, a: number, b: number): number;
  vector_hash(area: number, version: number): number;
  run_entries(area: number, version: number, from: number): number;
  run_differences(area: number): number;
  run_elements(area: number, version: number, from: number, most: number): number;
  vector_leaves(area: number, version: number, from: number): number;
  run_store(area: number, version: number, from: number, bytes: number): number;
  run_place(area: number, version: number, from: number, bytes: number, position: number): number;
  share(area: number, version: number): number;
  attach(area: number): number;
  unshare(area: number): number;
  stats(area: number): void;
}

let compiled: WebAssembly.Module | undefined;
let compiledUnshared: WebAssembly.Module | undefined;

/** By whatever the runtime has that is quicker than atob(). */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64 !== undefined) return fromBase64(text);
  const { Buffer: NodeBuffer } = globalThis as {
    Buffer?: { from: (text: string, encoding: 'base64') => Uint8Array<ArrayBuffer> };
  };
  if (NodeBuffer !== undefined) return NodeBuffer.from(text, 'base64');
  const decoded = atob(text);
  const bytes = new Uint8Array(decoded.length);
  for (let i = 0; i < decoded.length; i++) bytes[i] = decoded.charCodeAt(i);
  return bytes;
}

/** The bytes with the `shared` flag of the imported memory cleared. */
function unshared(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = importedMemoryFlags(bytes);
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) & ~2;
  return copy;
}

/** Where the limits of the imported memory begin: section 2, the entry of kind 2. */
function importedMemoryFlags(bytes: Uint8Array): number {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const pass = (count: number): void => {
    at += count;
  };
  while (at < bytes.length) {
    const section = number();
    const size = number();
    const end = at + size;
    for (let left = section === 2 ? number() : 0; left > 0; left--) {
      pass(number());
      pass(number());
      const kind = number();
      if (kind === 2) return at;
      if (kind !== 0) break;
      number();
    }
    at = end;
  }
  throw new Error('coppice: the WebAssembly module imports no memory; the package is damaged, install it again');
}

function moduleFor(shared: boolean): WebAssembly.Module {
  if (shared) return (compiled ??= new WebAssembly.Module(decodeBase64(wasmBase64)));
  return (compiledUnshared ??= new WebAssembly.Module(unshared(decodeBase64(wasmBase64))));
}

/** 32 bits that nobody can guess. */
export function random32(): number {
  const one = new Uint32Array(1);
  globalThis.crypto.getRandomValues(one);
  return one[0] ?? 0;
}

/** Sleeps, and returns 1; 0 where this thread may not. */
function sleep(ms: number): number {
  try {
    sleeper ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(sleeper, 0, 0, ms);
    return 1;
  } catch {
    return 0; // A page's own thread, or no shared memory, where there is nobody to wait for.
  }
}
let sleeper: Int32Array<SharedArrayBuffer> | undefined;

/** An instance of the module on a memory. `given`: compiled elsewhere, for shared memory. */
export function instantiate(memory: WasmMemory, shared: boolean, given?: object): Exports {
  const module = shared && given instanceof WebAssembly.Module ? given : moduleFor(shared);
  const instance = new WebAssembly.Instance(module, {
    env: { memory: memory as WebAssembly.Memory },
    coppice: { now_ms: () => performance.timeOrigin + performance.now(), random: random32, thread: threadId, sleep },
  });
  return instance.exports as unknown as Exports;
}
