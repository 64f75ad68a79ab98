// Entries and elements that are read many at a time: one call, one decoding of all their short strings. What a batch holds
// refers to the memory no more, so that whatever is done next changes nothing of it.

import { BATCH_ENTRIES, Exchange, Kind } from './exchange.js';
import type { Space } from './space.js';
import { readAscii } from './text.js';
import type { Trunk } from './trunk.js';
import { readAt } from './values.js';

/** What of the entries of a batch is wanted. */
export const Parts = { keys: 1, values: 2, both: 3 } as const;

export interface Batch {
  readonly count: number;
  /** Empty where they are not wanted. */
  readonly keys: unknown[];
  readonly values: unknown[];
}

/** A number as a small integer, where it is one: else the engine makes an object for it. */
function compact(number: number): number {
  const whole = number | 0;
  return whole === number && (whole !== 0 || 1 / number > 0) ? whole : number;
}

/** One half of the rows that a call has put into the exchange: 0 the keys, 1 the values. */
function column(space: Space, count: number, half: 0 | 1, text: string): unknown[] {
  const { u8, i32, f64, exchange } = space;
  const kinds = exchange + Exchange.batchKinds + half;
  const parts = (exchange + Exchange.batchParts) / 8 + half;
  const read: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const kind = u8[kinds + 2 * i] as number;
    const part = parts + 2 * i;
    if (kind === Kind.number) {
      read.push(compact(f64[part] as number));
      continue;
    }
    const at = i32[2 * part] as number;
    const size = i32[2 * part + 1] as number;
    read.push(kind === Kind.ascii ? text.slice(at, at + size) : readAt(space, kind, at >>> 0, size >>> 0));
  }
  return read;
}

/** What a call has put into the exchange. */
export function readRows(space: Space, count: number, parts: number): Batch {
  space.fresh();
  const { u8, i32, exchange } = space;
  const size = i32[(exchange + Exchange.batchTextSize) / 4] as number;
  const text = size === 0 ? '' : readAscii(u8, exchange + Exchange.batchText, size);
  return {
    count,
    keys: (parts & Parts.keys) !== 0 ? column(space, count, 0, text) : [],
    values: (parts & Parts.values) !== 0 ? column(space, count, 1, text) : [],
  };
}

/** The entries of a map or set from `from` on, at most `most`. */
export function readBatch(trunk: Trunk, from: number, most: number, parts: number): Batch {
  const { space } = trunk;
  return readRows(space, space.x.map_entries(space.area, trunk.version, from, most, parts), parts);
}

/** The elements of a vector from `from` on, at most `most`. */
export function readElements(trunk: Trunk, from: number, most: number): Batch {
  const { space } = trunk;
  return readRows(space, space.x.vector_elements(space.area, trunk.version, from, most), Parts.values);
}

/** Reads the next batch of what an iteration goes over. */
export type ReadBatch = (trunk: Trunk, from: number, most: number) => Batch;

/** Entries that the first batch of an iteration asks for: many iterations end soon. */
const FIRST_BATCH = 32;

/**
 * An iteration over a version, independent of all others. What follows the first batch is read from a fork, which is held
 * until the end, so that the version it began with may be changed on.
 */
export class Walk<R> implements IterableIterator<R> {
  private readonly size: number;
  private readonly read: ReadBatch;
  private readonly part: (batch: Batch, index: number, position: number) => R;
  private batch: Batch;
  private index = 0;
  /** Entries before the batch. */
  private passed = 0;
  private held: Trunk | undefined;

  constructor(trunk: Trunk, size: number, read: ReadBatch, part: (batch: Batch, index: number, position: number) => R) {
    this.size = size;
    this.read = read;
    this.part = part;
    this.batch = read(trunk, 0, FIRST_BATCH);
    if (this.batch.count !== size) this.held = trunk.fork();
  }

  next(): IteratorResult<R, undefined> {
    if (this.index === this.batch.count && !this.more()) return { done: true, value: undefined };
    const { batch, index } = this;
    this.index = index + 1;
    return { done: false, value: this.part(batch, index, this.passed + index) };
  }
  return(): IteratorResult<R, undefined> {
    this.end();
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }

  private more(): boolean {
    const from = this.passed + this.batch.count;
    if (this.held === undefined || from === this.size) {
      this.end();
      return false;
    }
    this.batch = this.read(this.held, from, BATCH_ENTRIES);
    this.passed = from;
    this.index = 0;
    return true;
  }
  private end(): void {
    this.held?.dispose();
    this.held = undefined;
    this.index = this.batch.count;
  }
}

/** Calls `visit` for all batches of a version, until it returns false; from the second one on of a fork, as above. */
export function eachBatch(
  trunk: Trunk,
  size: number,
  read: ReadBatch,
  visit: (batch: Batch, from: number) => void,
): void {
  let batch = read(trunk, 0, BATCH_ENTRIES);
  const held = batch.count === size ? trunk : trunk.fork();
  try {
    for (let from = 0; ; batch = read(held, from, BATCH_ENTRIES)) {
      visit(batch, from);
      from += batch.count;
      if (from === size) return;
    }
  } finally {
    if (held !== trunk) held.dispose();
  }
}
