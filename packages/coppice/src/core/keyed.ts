// What maps and sets have in common: handles of versions of a trie, the changes that lead from one to the next, and
// reading.

import { type Batch, beginWalk, Parts, type ReadBatch, readBatch, readRows, Walk } from './batch.js';
import { BATCH_ENTRIES, Status } from './exchange.js';
import { Handle } from './handle.js';
import { checked, type Space } from './space.js';
import type { Trunk } from './trunk.js';
import { encoded, type Key, oldValue, packKey, putKey, readReply } from './values.js';

/** In place of an old value: there was none. */
const ABSENT = Symbol('absent');
const KIND_BITS = 8;

/** How iterations read keys, values or both. */
export const readKeys: ReadBatch = (trunk, from, most) => readBatch(trunk, from, most, Parts.keys);
export const readValues: ReadBatch = (trunk, from, most) => readBatch(trunk, from, most, Parts.values);
export const readBoth: ReadBatch = (trunk, from, most) => readBatch(trunk, from, most, Parts.both);

/** Operations of map_join. */
export const Join = { union: 0, intersection: 1, difference: 2 } as const;

/** A key that its owner cannot change any more. */
function keptKey(key: Key): Key {
  return typeof key === 'object' && key !== null ? key.slice() : key;
}

export abstract class Keyed extends Handle {
  /** @internal */
  override _undo(trunk: Trunk): void {
    if (this._old === ABSENT) this._eraseIn(trunk, this._at as Key);
    else this._store(trunk, this._at as Key, this._old, 0);
  }

  // ---- changing

  /** Stores an encoded value in place. With `keep` the old one is in the reply, unless it is too large. */
  private _store(trunk: Trunk, key: Key, value: unknown, keep: 0 | 1): number {
    const { space } = trunk;
    const { put } = trunk.values;
    const { x, area } = space;
    if (packKey(space, key)) {
      const { low, high } = space;
      space.fresh();
      space.keySize = 0;
      const kind = put(space, value);
      const { length } = key as string;
      return checked(
        space,
        x.map_set_short(area, trunk.version, kind, length, low, high, space.valueSize, space.valueNumber, keep),
      );
    }
    const kind = putKey(space, key);
    const { keySize, keyNumber } = space;
    const kinds = kind | (put(space, value) << KIND_BITS);
    const { valueSize, valueNumber } = space;
    return checked(space, x.map_set(area, trunk.version, kinds, keySize, keyNumber, valueSize, valueNumber, keep));
  }
  private _remove(trunk: Trunk, key: Key, keep: 0 | 1): number {
    const { space } = trunk;
    const { x, area } = space;
    if (packKey(space, key)) {
      const { length } = key as string;
      return checked(space, x.map_erase_short(area, trunk.version, length, space.low, space.high, keep));
    }
    const kind = putKey(space, key);
    return checked(space, x.map_erase(area, trunk.version, kind, space.keySize, space.keyNumber, keep));
  }

  /** Stores in a version that only the caller has; whether that changed it. @internal */
  _putIn(trunk: Trunk, key: Key, value: unknown): boolean {
    const given = typeof value === 'object' ? encoded(trunk.values.type, value) : value;
    return this._store(trunk, key, given, 0) !== Status.unchanged;
  }
  /** Removes from a version that only the caller has; whether the key was there. @internal */
  _eraseIn(trunk: Trunk, key: Key): boolean {
    return this._remove(trunk, key, 0) !== Status.unchanged;
  }

  /** This version with one entry set; this handle itself, if it has it already. @internal */
  _set(key: Key, value: unknown): this {
    if (typeof value === 'object' && value !== null) return this._setEncoded(key, encoded(this._values.type, value));
    return this._setEncoded(key, value);
  }
  private _setEncoded(key: Key, value: unknown): this {
    const trunk = this._real();
    if (trunk.mutable) return this._changed(trunk, this._putIn(trunk, key, value));
    if (!this._goesApart(trunk)) {
      const status = this._store(trunk, key, value, 1);
      if (status === Status.inserted) return this._superseded(trunk, keptKey(key), ABSENT);
      if (status === Status.replaced) return this._superseded(trunk, keptKey(key), oldValue(trunk.space));
      if (status === Status.unchanged) return this;
    }
    return this._apart(trunk, (fork) => this._putIn(fork, key, value));
  }
  /** Likewise without a key. @internal */
  _delete(key: Key): this {
    const trunk = this._real();
    if (trunk.mutable) return this._changed(trunk, this._eraseIn(trunk, key));
    if (!this._goesApart(trunk)) {
      const status = this._remove(trunk, key, 1);
      if (status === Status.erased) return this._superseded(trunk, keptKey(key), oldValue(trunk.space));
      if (status === Status.unchanged) return this;
    }
    return this._apart(trunk, (fork) => this._eraseIn(fork, key));
  }

  /** With many changes at once. @internal */
  _bulk<T>(items: Iterable<T>, change: (fork: Trunk, item: T) => boolean): this {
    return this._apart(this._real(), (fork) => {
      let changed = false;
      for (const item of items) if (change(fork, item)) changed = true;
      return changed;
    });
  }

  /** What a join of this one and another of the same memory gives; this one itself, if it has it already. @internal */
  _join(other: Keyed, operation: number, side: 0 | 1): this {
    const trunk = this._real();
    const right = other._real();
    const { space } = trunk;
    const made = trunk.blank();
    const status = space.x.map_join(space.area, made.version, trunk.version, right.version, operation, side);
    if (status === Status.replaced) return this._with(made);
    made.dispose();
    checked(space, status);
    return this;
  }

  // ---- reading

  /** Number of entries. O(1). */
  override get size(): number {
    const { space, version } = this._real();
    return space.x.map_size(space.area, version) >>> 0;
  }

  /** The kind of a key's value, which is in the reply; -1 if it is missing. @internal */
  _find(trunk: Trunk, key: Key): number {
    const { space } = trunk;
    const { x, area } = space;
    if (packKey(space, key)) {
      return x.map_get_short(area, trunk.version, (key as string).length, space.low, space.high);
    }
    const kind = putKey(space, key);
    return x.map_get(area, trunk.version, kind, space.keySize, space.keyNumber);
  }

  /**
   * Whether there is such a key. O(log n).
   *
   * @example
   * ```ts
   * import { HAMTSet } from 'coppice';
   * new HAMTSet(["a"]).has("a"); // true
   * ```
   */
  has(key: Key): boolean {
    return this._find(this._real(), key) !== -1;
  }

  /** @internal */
  _get(key: Key): unknown {
    const trunk = this._real();
    const kind = this._find(trunk, key);
    return kind === -1 ? undefined : readReply(trunk.space, kind);
  }

  /** Walks the entries in the order of the trie, as they are now. `whole`: these are all that there is of them. @internal */
  _walk<R>(read: ReadBatch, whole: boolean, part: (batch: Batch, index: number) => R): IterableIterator<R> {
    return new Walk(beginWalk(this._real(), this.size, read, whole), part);
  }

  /** Whether both have the same entries, if both are in one memory; else undefined. @internal */
  _same(other: Keyed): boolean | undefined {
    const mine = this._real();
    const theirs = other._real();
    if (mine.space !== theirs.space) return undefined;
    return mine.space.x.map_equal(mine.space.area, mine.version, theirs.version) === 1;
  }

  /**
   * A hash of the content as a 32-bit integer: equal collections have equal hashes, in every memory and every program.
   * O(n).
   */
  hashCode(): number {
    const { space, version } = this._real();
    return space.x.map_hash(space.area, version) | 0;
  }
}

/** A change of one key between two versions. */
export interface RawChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly key: Key;
  readonly value: unknown;
  readonly previous: unknown;
}

const CHANGE_KINDS = ['added', 'removed', 'changed'] as const;
/** The comparison whose place is in each memory's cursor at the moment. */
const cursorOwner = new WeakMap<Space, Difference>();

/** Begins another comparison in a memory's cursor: whose place is there goes on from it later. */
export function borrowCursor(space: Space): void {
  cursorOwner.get(space)?._leaveCursor();
  cursorOwner.delete(space);
}

/** The changes from one version to another of the same memory, one after the other. */
export class Difference implements IterableIterator<RawChange> {
  private readonly older: Trunk;
  private readonly newer: Trunk;
  private readonly space: Space;
  private place: Uint8Array | undefined;
  private entries: Batch | undefined;
  private index = 0;
  private most = 8;

  constructor(older: Keyed, newer: Keyed) {
    this.older = older._real().fork();
    this.newer = newer._real().fork();
    this.space = this.newer.space;
  }

  next(): IteratorResult<RawChange, undefined> {
    if (this.entries === undefined || this.index === this.entries.count) {
      if (this.older.version === -1 || !this.more()) {
        this.end();
        return { done: true, value: undefined };
      }
    }
    const entries = this.entries as Batch;
    const { index } = this;
    const kind = CHANGE_KINDS[entries.keys[index + 1] as number] as RawChange['kind'];
    const value: RawChange = {
      kind,
      key: entries.keys[index] as Key,
      value: kind === 'removed' ? undefined : entries.values[index],
      previous: kind === 'added' ? undefined : entries.values[index + 1],
    };
    this.index += 2;
    return { done: false, value };
  }
  return(): IteratorResult<RawChange, undefined> {
    this.end();
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }

  private more(): boolean {
    const { space } = this;
    const { x, area } = space;
    if (cursorOwner.get(space) !== this) {
      borrowCursor(space);
      if (this.place !== undefined) space.u8.set(this.place, x.cursor(area));
      else x.diff_begin(area, this.older.version, this.newer.version);
      cursorOwner.set(space, this);
    }
    const count = x.diff_next(area, this.most);
    this.most = BATCH_ENTRIES / 2;
    this.entries = readRows(space, 2 * count, Parts.both);
    this.index = 0;
    return count !== 0;
  }
  /** Keeps its place while others use the cursor. @internal */
  _leaveCursor(): void {
    const { x, area, u8 } = this.space;
    const at = x.cursor(area);
    this.place = u8.slice(at, at + x.cursor_bytes());
  }
  private end(): void {
    if (cursorOwner.get(this.space) === this) cursorOwner.delete(this.space);
    this.older.dispose();
    this.newer.dispose();
    this.entries = undefined;
  }
}
