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
  let kindAt = exchange + Exchange.batchKinds + half;
  let part = (exchange + Exchange.batchParts) / 8 + half;
  const read = new Array<unknown>(count);
  for (let i = 0; i < count; i++, kindAt += 2, part += 2) {
    const kind = u8[kindAt] as number;
    const at = i32[2 * part] as number;
    const size = i32[2 * part + 1] as number;
    if (kind === Kind.ascii) read[i] = text.substring(at, at + size);
    else if (kind === Kind.small) read[i] = at;
    else if (kind === Kind.number) read[i] = compact(f64[part] as number);
    else read[i] = readAt(space, kind, at >>> 0, size >>> 0);
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

/** Entries that the first batch of an iterator asks for: many iterations end soon. */
const FIRST_BATCH = 32;

/** No larger version is kept decoded, and no more entries than so many of all versions. */
const LARGEST_KEPT = 4096;
const MOST_KEPT = 16384;

/**
 * What is known of how a small version is read: from the end of its second reading on its entries are kept decoded, until
 * it is superseded or others have taken the room.
 */
export class Kept {
  batch: Batch | undefined;
  /** It was read to the end before. */
  wasRead = false;
}
const allKept: Kept[] = [];
let keptEntries = 0;

/** Objects and bytes are made anew for each reader. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function keep(kept: Kept, parts: readonly Batch[]): void {
  // Another reading that went on at the same time may have come first.
  if (kept.batch !== undefined) return;
  const keys = parts.flatMap((part) => part.keys);
  const values = parts.flatMap((part) => part.values);
  if (!keys.every(isPlain) || !values.every(isPlain)) return;
  const batch = { count: Math.max(keys.length, values.length), keys, values };
  kept.batch = batch;
  allKept.push(kept);
  keptEntries += batch.count;
  while (keptEntries > MOST_KEPT) {
    const oldest = allKept.shift() as Kept;
    keptEntries -= oldest.batch?.count ?? 0;
    oldest.batch = undefined;
  }
}

/**
 * A version, read batch by batch. What follows the first batch is read from a fork, which is held until the end, so that
 * the version it began with may be changed on.
 */
export class Reading {
  batch: Batch;
  /** Entries before the batch. */
  passed = 0;
  private readonly size: number;
  private readonly read: ReadBatch;
  private held: Trunk | undefined;
  private kept: Kept | undefined;
  /** What was read so far, if it will be kept. */
  private parts: Batch[] | undefined;

  /** `whole`: whether `read` reads all of an entry that iterations over this version want. */
  constructor(trunk: Trunk, size: number, read: ReadBatch, whole: boolean, first: number) {
    this.size = size;
    this.read = read;
    if (size <= LARGEST_KEPT && !trunk.mutable) {
      const kept = (trunk.kept ??= new Kept());
      if (kept.batch !== undefined) {
        this.batch = kept.batch;
        return;
      }
      if (whole) this.kept = kept;
    }
    this.batch = read(trunk, 0, first);
    if (this.kept?.wasRead === true) this.parts = [this.batch];
    if (this.batch.count !== size) this.held = trunk.fork();
  }

  /** Goes on to the next batch. False: there is none. */
  more(): boolean {
    const from = this.passed + this.batch.count;
    if (from === this.size) {
      const { kept, parts } = this;
      if (kept !== undefined) kept.wasRead = true;
      if (kept !== undefined && parts !== undefined) keep(kept, parts);
    }
    if (this.held === undefined || from === this.size) {
      this.end();
      return false;
    }
    this.batch = this.read(this.held, from, BATCH_ENTRIES);
    this.parts?.push(this.batch);
    this.passed = from;
    return true;
  }
  /** Gives up what is held. Idempotent. */
  end(): void {
    this.held?.dispose();
    this.held = this.kept = this.parts = undefined;
  }
}

/** An iteration over a version, independent of all others. */
export class Walk<R> implements IterableIterator<R> {
  private readonly reading: Reading;
  private readonly part: (batch: Batch, index: number, position: number) => R;
  private index = 0;

  constructor(reading: Reading, part: (batch: Batch, index: number, position: number) => R) {
    this.reading = reading;
    this.part = part;
  }

  next(): IteratorResult<R, undefined> {
    const { reading } = this;
    if (this.index === reading.batch.count) {
      if (!reading.more()) return { done: true, value: undefined };
      this.index = 0;
    }
    const { batch } = reading;
    const index = this.index++;
    return { done: false, value: this.part(batch, index, reading.passed + index) };
  }
  return(): IteratorResult<R, undefined> {
    this.reading.end();
    this.index = this.reading.batch.count;
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }
}

/** Begins to read for an iterator. */
export function beginWalk(trunk: Trunk, size: number, read: ReadBatch, whole: boolean): Reading {
  return new Reading(trunk, size, read, whole, FIRST_BATCH);
}

/** Calls `visit` for all batches of a version. */
export function eachBatch(
  trunk: Trunk,
  size: number,
  read: ReadBatch,
  visit: (batch: Batch, from: number) => void,
): void {
  const reading = new Reading(trunk, size, read, true, BATCH_ENTRIES);
  try {
    do visit(reading.batch, reading.passed);
    while (reading.more());
  } finally {
    reading.end();
  }
}
