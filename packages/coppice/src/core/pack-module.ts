// The WebAssembly module that writes and reads packs, in memory of its own: what a hostile pack comes to is at most an
// instance that is dropped. Compiled when the first pack is written or read; each has an instance to itself.

import { describe } from './values.js';
import { decodeBase64, random32 } from './module.js';
import { packWasmBase64 } from './pack-wasm.js';
import type { WasmMemory } from './wasm-types.js';

/** Functions of the module: see src/packer/writing.cpp and reading.cpp. */
export interface PackExports {
  readonly memory: WasmMemory;
  initialize(): void;
  buffer(): number;
  trouble(): number;
  allocate(bytes: number): number;
  give_back(at: number): void;
  begin(seedLow: number, seedHigh: number): void;
  lineage(collection: number, restriction: number): number;
  store(lineage: number, bytes: number): void;
  make(lineage: number, leaves: number, count: number): void;
  end(lineage: number, nameBytes: number): void;
  finish(): number;
  open(at: number, bytes: number, maxElements: number, maxValueBytes: number): number;
  versions(): number;
  version(index: number): number;
  read(index: number): number;
}

/** What the module calls: see src/packer/host.hpp. */
export interface PackHost {
  append(at: number, bytes: number): void;
  elements(position: number, most: number): number;
  store(at: number, bytes: number, large: number): void;
  place(at: number, bytes: number, large: number, position: number): void;
  keep(count: number): void;
  follow(from: number, end: number): void;
}

/** Collections of the format, by number; and what values may be restricted to. */
export const CLASS_NUMBERS = { HAMT: 1, HAMTSet: 2, Vector: 3 } as const;
export const RESTRICTIONS = ['any', 'string', 'number', 'boolean', 'object'] as const;

/** Codes of `errc` (include/coppice/result.hpp), and those that reading.cpp has beside them. */
export const VERSION_MISMATCH = 8;
export const CORRUPT = 9;
export const INVALID_ARGUMENT = 14;
export const COMPRESSED = 100;
export const HAS_BASE = 101;

let compiled: WebAssembly.Module | undefined;

/** An instance of the module, for one pack. */
export class PackInstance {
  readonly x: PackExports;
  readonly buffer: number;
  private bytes: Uint8Array;
  private words: Int32Array;

  constructor(host: Partial<PackHost>) {
    compiled ??= new WebAssembly.Module(decodeBase64(packWasmBase64));
    const nothing = (): number => 0;
    const callbacks = { append: nothing, elements: nothing, store: nothing, place: nothing, keep: nothing };
    const coppice = { ...callbacks, follow: nothing, random: random32, out_of_memory: outOfMemory, ...host };
    this.x = new WebAssembly.Instance(compiled, { coppice }).exports as unknown as PackExports;
    this.x.initialize();
    this.bytes = new Uint8Array(this.x.memory.buffer);
    this.words = new Int32Array(this.x.memory.buffer);
    this.buffer = this.x.buffer();
  }

  /** Views of its memory, valid until it is called. */
  get u8(): Uint8Array {
    if (this.bytes.length === 0) this.bytes = new Uint8Array(this.x.memory.buffer);
    return this.bytes;
  }
  get i32(): Int32Array {
    if (this.words.length === 0) this.words = new Int32Array(this.x.memory.buffer);
    return this.words;
  }

  /** Why the last call failed. */
  trouble(): { code: number; reason: string; offset: number; limit: number } {
    const at = this.x.trouble();
    const words = this.i32;
    const reason = words[(at + 8) / 4] as number;
    const text = String.fromCharCode(...this.u8.subarray(reason, this.u8.indexOf(0, reason)));
    const [offset = 0, limit = 0] = [16, 24].map((field) => (words[(at + field) / 4] as number) >>> 0);
    return { code: this.u8[at] as number, reason: text, offset, limit };
  }
}

/** Thrown through the module, whose instance is not used any more. */
function outOfMemory(): never {
  throw new RangeError(
    'coppice: there is not enough memory to write or read the pack: it needs some of its own beside that of the ' +
      'collections; write fewer versions at a time, or limit what unpack() accepts',
  );
}

/** A number of a limit or seed, checked. */
export function requireLimit(given: unknown, name: string, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (typeof given === 'number' && given >= 0 && Number.isSafeInteger(given)) return given;
  throw new TypeError(`coppice: ${name} is ${describe(given)}; give a whole number that is not negative`);
}

/** In the kind of a part that is large. */
const LARGE = 0x20;

/**
 * Calls `move` for each large part of a run that stands at these addresses: with the index of the word in the place of its
 * bytes, and how many they are. The words are asked for each time, as `move` may have the memory grow, which takes the views
 * of one that is not shared away.
 */
export function eachLarge(
  words: () => Int32Array,
  from: number,
  end: number,
  move: (at: number, size: number) => void,
): void {
  for (let at = from / 4; at < end / 4;) {
    const kind = words()[at] as number;
    const size = (words()[at + 1] as number) >>> 0;
    if ((kind & LARGE) === 0) {
      at += 2 + Math.ceil(size / 4);
      continue;
    }
    move(at + 2, size);
    at += 3;
  }
}
