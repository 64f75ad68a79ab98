// A space: one memory as this worker (a thread, a page, a process) has opened it. All collections live in one.
//
// What leaves the compiled code is small: keys and values are put at fixed places of the worker's own exchange area, and
// answers are read there. Views of the memory have a fixed length, which is fast; they are renewed when an address
// lies beyond it.

import { Exchange, Status } from './exchange.js';
import { watchEnds } from './liveness.js';
import { type Exports, instantiate } from './module.js';
import type { WasmMemory } from './wasm-types.js';

const PAGE = 65536;
const BOOT_CELLS = 64;
const FIRST_PAGES = 17;
const GIB = 2 ** 30;
/** Entries of versions that stay behind with the handles of chains, before their number matters. */
const LEAST_ENTRIES_BEHIND = 2 ** 16;
/** Where the arena begins, with bytes that are not zero (docs/formats/arena.md). */
const ARENA = 2 ** 20;
/** What the module and the region's place below the arena take from a memory. */
const RESERVED = ARENA;
/** No arena is smaller. */
const LEAST_BYTES = 8 * 2 ** 20;

/** How memory is to be had. */
export interface MemoryOptions {
  /** Bytes up to which it may grow; 4 GiB, or what the platform gives, if not said. */
  maximumBytes?: number;
  /**
   * The WebAssembly module, compiled by the program: `coppice/coppice.wasm` is what to compile. If not said, the bytes in the
   * package are. Memory that is not shared always takes those.
   */
  module?: object;
  /** Whether workers may share it; if not said, where the platform lets them. */
  shared?: boolean;
}

/** `errc::out_of_space` of include/coppice/result.hpp. */
const OUT_OF_SPACE = 1;

/** Why the last call failed, as an error: all collections are as they were before. */
export function failed(space: Space): Error {
  const [code, reason] = space.trouble();
  return code === OUT_OF_SPACE ? outOfMemory(space) : new Error(`coppice: nothing was changed: ${reason}`);
}

/** What a change came to, if it did not fail for want of memory or otherwise. */
export function checked(space: Space, status: number): number {
  if (status === Status.outOfSpace) throw failed(space);
  return status;
}

/** Thrown where memory is at its maximum. */
function outOfMemory(space: Space): RangeError {
  const mib = Math.round(space.memory.buffer.byteLength / 2 ** 20);
  return new RangeError(
    `coppice: the memory is full (${mib} MiB, the maximum); nothing was changed. Change many entries at a time with ` +
      'withMutations() or setMany(), make what is soon done with in batch(), dispose() of versions that are not ' +
      'needed any more, or configure a larger memory',
  );
}

/** Whether memory made here can be seen by other workers. */
export function platformShares(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false;
}

/**
 * The whole of a shared memory. `buffer` alone may show it as long as it was when it was posted, whatever others have added
 * since (V8 15 does): what lies beyond reads as undefined, and is not written. An attempt to grow by nothing tells.
 */
function wholeBuffer(memory: WasmMemory): ArrayBufferLike {
  memory.grow(0);
  return memory.buffer;
}

function makeMemory(maximum: number, shared: boolean): WasmMemory {
  return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: Math.floor(maximum / PAGE), shared });
}

/** Whether memory can have such a maximum; none is what is usual. */
export function checkMaximum(bytes: number | undefined): void {
  if (bytes === undefined || (bytes >= LEAST_BYTES && bytes <= 4 * GIB)) return;
  throw new RangeError(`coppice: maximumBytes is ${String(bytes)}; give ${LEAST_BYTES} to ${4 * GIB}`);
}

/** Memory with the wanted maximum, or with less where the platform refuses so much. */
function reserveMemory(options: MemoryOptions): { memory: WasmMemory; maximum: number; shared: boolean } {
  const shared = options.shared ?? platformShares();
  const wanted = options.maximumBytes ?? 4 * GIB;
  for (let maximum = wanted; ; maximum = Math.floor(maximum / 2)) {
    try {
      return { memory: makeMemory(maximum, shared), maximum, shared };
    } catch (error) {
      // Addresses for so much are not to be had: on 32-bit machines, on phones, or with many memories.
      if (!(error instanceof RangeError) || maximum / 2 < LEAST_BYTES) throw error;
    }
  }
}

export class Space {
  readonly memory: WasmMemory;
  readonly shared: boolean;
  readonly maximumBytes: number;
  readonly x: Exports;
  /** Number of this worker in the memory: who hears of its end says so by it. */
  readonly worker: number;
  /** This worker's own part of the memory. */
  readonly area: number;
  readonly exchange: number;
  readonly input: number;
  u8: Uint8Array;
  i32: Int32Array;
  f64: Float64Array;
  /** Indices of the reply in the views. */
  readonly replyNumber: number;
  readonly replyData: number;
  readonly replySize: number;
  private released = new FinalizationRegistry<number>((version) => this.drop(version));
  /** Versions that handles of chains have stayed behind with, and how many entries each had. */
  private readonly behind = new Map<number, number>();
  private entriesBehind = 0;
  /** Versions that this worker holds. */
  versions = 0;
  /** Of the key that was packed last: its characters. */
  low = 0;
  high = 0;
  /** Of the key and value that were put last: bytes, and numbers. */
  keySize = 0;
  keyNumber = 0;
  valueSize = 0;
  valueNumber = 0;

  private constructor(memory: WasmMemory, shared: boolean, maximumBytes: number, makes: boolean, module?: object) {
    this.memory = memory;
    this.shared = shared;
    this.maximumBytes = maximumBytes;
    this.x = instantiate(memory, shared, module);
    this.u8 = new Uint8Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.worker = this.x.new_worker();
    this.area = this.open(makes ? maximumBytes - RESERVED : 0);
    this.exchange = this.x.exchange(this.area);
    this.input = this.exchange + Exchange.input;
    this.replyNumber = (this.exchange + Exchange.replyNumber) / 8;
    this.replyData = (this.exchange + Exchange.replyData) / 4;
    this.replySize = (this.exchange + Exchange.replySize) / 4;
    this.refresh();
    if (shared) watchEnds(this);
  }

  /** A space on new memory. */
  static create(options: MemoryOptions): Space {
    const { memory, maximum, shared } = reserveMemory(options);
    const space = new Space(memory, shared, maximum, true, options.module);
    return shared && !space.isCloned() ? Space.create({ ...options, shared: false }) : space;
  }
  /** The space that another worker made, here. */
  static join(memory: WasmMemory, maximumBytes: number, options: MemoryOptions): Space {
    return new Space(memory, true, maximumBytes, false, options.module);
  }

  /** Opens the memory on a borrowed stack, and goes on with this worker's own. */
  private open(limitBytes: number): number {
    const { x } = this;
    const owners = x.boot_owners() / 4;
    const cell = this.borrowStack(owners);
    const bytes = x.boot_cell_bytes();
    const bottom = x.boot_stacks() + cell * bytes;
    x.__stack_pointer.value = bottom + bytes;
    const area = x.open(this.worker, limitBytes, bottom);
    if (area !== 0) x.__stack_pointer.value = area;
    this.refresh();
    Atomics.store(this.i32, owners + cell, 0);
    const refused = (trouble: number): RangeError =>
      new RangeError(`coppice: no place for one more worker: ${this.troubleAt(trouble)}`);
    if (area === 0) throw refused(bottom);
    if (x.begin(area) !== 0) throw refused(x.trouble(area));
    return area;
  }

  /** What stands in a `failure` (include/coppice/result.hpp) at an address. */
  private troubleAt(at: number): string {
    const reason = this.i32[(at + 8) / 4] as number;
    const end = this.u8.indexOf(0, reason);
    const numbers = [16, 24].map((offset) => this.i32[(at + offset) / 4] as number);
    return `${String.fromCharCode(...this.u8.subarray(reason, end))} (${numbers.join(', ')})`;
  }

  /** Of the last call that failed: the code and what was being done. */
  trouble(): [code: number, reason: string] {
    this.refresh();
    const at = this.x.trouble(this.area);
    return [this.u8[at] as number, this.troubleAt(at)];
  }

  private borrowStack(owners: number): number {
    for (let cell = 0; cell < BOOT_CELLS; cell++) {
      if (Atomics.compareExchange(this.i32, owners + cell, 0, this.worker) === 0) return cell;
    }
    throw new Error('coppice: too many workers are starting at this moment; start this one again');
  }

  /** Whether another object stands for the same memory: only there is this worker's number at its own place. */
  isOn(memory: WasmMemory): boolean {
    if (memory === this.memory) return true;
    const buffer = wholeBuffer(memory);
    if (buffer.byteLength <= this.input) return false;
    const theirs = new Int32Array(buffer);
    const at = this.input / 4;
    const mine = this.i32;
    const before = mine[at] as number;
    mine[at] = ~(theirs[at] as number);
    const same = theirs[at] === mine[at];
    mine[at] = before;
    return same;
  }

  /**
   * Whether clones of this memory, as messages make them, show what the compiled code has written. There has been a release
   * of Bun where they did not (oven-sh/bun, issue 25677).
   */
  private isCloned(): boolean {
    if (typeof structuredClone !== 'function') return true;
    const clone: unknown = structuredClone(this.memory);
    if (!(clone instanceof WebAssembly.Memory) || !this.isOn(clone)) return false;
    const theirs = new Int32Array(clone.buffer);
    const begin = ARENA / 4;
    return this.i32[begin] !== 0 && theirs[begin] === this.i32[begin];
  }

  /** New views, after the memory has grown. */
  refresh(): void {
    const buffer = this.shared ? wholeBuffer(this.memory) : this.memory.buffer;
    if (buffer.byteLength === this.u8.byteLength) return;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** New views, if the memory has grown and is not shared: then the old ones have nothing any more. */
  fresh(): void {
    if (this.u8.length === 0) this.refresh();
  }
  /** Makes bytes up to `end` visible in the views. */
  reach(end: number): void {
    if (end > this.u8.length) this.refresh();
  }

  /** Ties the life of a version to that of an object. */
  register(owner: object, version: number): void {
    this.released.register(owner, version, owner);
  }
  unregister(owner: object): void {
    this.released.unregister(owner);
  }
  drop(version: number): void {
    this.versions--;
    const entries = this.behind.get(version);
    if (entries !== undefined) {
      this.behind.delete(version);
      this.entriesBehind -= entries;
    }
    this.x.version_drop(this.area, version);
  }

  /** Notes that a handle stays behind with a version; false: so many have that this one must not. */
  stayBehind(version: number, entries: number): boolean {
    if (this.behind.has(version)) return true;
    if (this.entriesBehind > Math.max(2 * entries, LEAST_ENTRIES_BEHIND)) return false;
    this.behind.set(version, entries);
    this.entriesBehind += entries;
    return true;
  }

  /** An empty version. */
  newVersion(): number {
    return this.held(this.x.version_new(this.area));
  }
  /** A second version like another one. */
  fork(version: number): number {
    return this.held(this.x.version_fork(this.area, version));
  }
  private held(version: number): number {
    if (version === -1) throw failed(this);
    this.versions++;
    return version;
  }
}
