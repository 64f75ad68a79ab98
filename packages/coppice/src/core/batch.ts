// Entries and elements that are copied out of the memory many at a time: one call, one decoding of all their short strings.

import { Exchange, Kind } from './exchange.js';
import type { Space } from './space.js';
import type { Trunk } from './trunk.js';
import { type Key, readAt } from './values.js';

const DECODER = new TextDecoder();
const TEXT_BYTES = 32 * 1024;
/** TextDecoder takes no shared memory in browsers. */
const text = new Uint8Array(TEXT_BYTES);

export class Batch {
  readonly count: number;
  private readonly space: Space;
  private readonly text: string;
  private readonly kinds: Uint16Array;
  /** Of key and value each: a number, */
  private readonly numbers: Float64Array;
  /** or place and size. */
  private readonly places: Uint32Array;
  private read: unknown[] | undefined;

  constructor(space: Space, count: number, text: string, kinds: Uint16Array, numbers: Float64Array<ArrayBuffer>) {
    this.space = space;
    this.count = count;
    this.text = text;
    this.kinds = kinds;
    this.numbers = numbers;
    this.places = new Uint32Array(numbers.buffer);
  }

  key(index: number): Key {
    return this.part((this.kinds[index] as number) & 0xff, 2 * index) as Key;
  }
  value(index: number): unknown {
    return this.part((this.kinds[index] as number) >> 8, 2 * index + 1);
  }

  get isCopied(): boolean {
    return isCopied(this.kinds);
  }
  /** Reads now what is left in the memory, before it may be changed. */
  detach(): this {
    this.read = [];
    for (let i = 0; i < this.count; i++) this.read.push(this.key(i), this.value(i));
    return this;
  }

  private part(kind: number, index: number): unknown {
    if (this.read !== undefined && index < this.read.length) return this.read[index];
    if (kind === Kind.number) {
      const number = this.numbers[index] as number;
      // As a small integer, where it is one: else the engine makes an object for it.
      const whole = number | 0;
      return whole === number && (whole !== 0 || 1 / number > 0) ? whole : number;
    }
    const at = this.places[2 * index] as number;
    const size = this.places[2 * index + 1] as number;
    return kind === Kind.ascii ? this.text.slice(at, at + size) : readAt(this.space, kind, at, size);
  }
}

/** Whether all parts of these kinds were copied. */
function isCopied(kinds: Uint16Array): boolean {
  for (const both of kinds) {
    const value = both >> 8;
    const key = both & 0xff;
    if ((key !== Kind.ascii && key !== Kind.number && key !== 0) || (value > Kind.ascii && value !== Kind.number))
      return false;
  }
  return true;
}

/** What a call has put into the exchange. */
export function readRows(space: Space, count: number): Batch {
  space.fresh();
  const { u8, i32, f64, exchange } = space;
  const textSize = i32[(exchange + Exchange.batchTextSize) / 4] as number;
  text.set(u8.subarray(exchange + Exchange.batchText, exchange + Exchange.batchText + textSize));
  const parts = (exchange + Exchange.batchParts) / 8;
  const numbers = f64.slice(parts, parts + 2 * count);
  const kinds = new Uint16Array(u8.buffer, exchange + Exchange.batchKinds, count).slice();
  const decoded = textSize === 0 ? '' : DECODER.decode(text.subarray(0, textSize));
  return new Batch(space, count, decoded, kinds, numbers);
}

/** The same rows, none of which refers to the memory any more. */
export function detached(rows: Batch): Batch {
  return rows.isCopied ? rows : rows.detach();
}

/** The entries of a map or set from `from` on, at most `most`. */
export function readBatch(trunk: Trunk, from: number, most: number): Batch {
  const { space } = trunk;
  return readRows(space, space.x.map_entries(space.area, trunk.version, from, most));
}

/** The elements of a vector from `from` on, at most `most`. */
export function readElements(trunk: Trunk, from: number, most: number): Batch {
  const { space } = trunk;
  return readRows(space, space.x.vector_elements(space.area, trunk.version, from, most));
}
