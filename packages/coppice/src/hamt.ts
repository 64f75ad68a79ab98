// `HAMT`: a persistent map.

import { currentSpace } from './core/spaces.js';
import { eachBatch } from './core/batch.js';
import { Difference, Join, Keyed, readBoth, readKeys, readValues } from './core/keyed.js';
import { Trunk } from './core/trunk.js';
import { type Inspect, inspectCustom, isIterable, requireIterable, requirePair, valuesOf } from './core/types.js';
import { describe, type Key, type ValueType } from './core/values.js';

export { configureAutoGC, resetMemory as resetBuffer, sharedBuffer } from './core/spaces.js';
export type { Key, ValueType } from './core/values.js';

/** A difference of one kind. */
export interface ChangeOf<Kind extends string, Value, Previous> {
  /** What happened to the key since the older map. */
  readonly kind: Kind;
  /** The key that it is about. */
  readonly key: Key;
  /** Its value in the newer map. */
  readonly value: Value;
  /** Its value in the older map. */
  readonly previous: Previous;
}

/** One difference between two maps. */
export type Change<T> = ChangeOf<'added', T, undefined> | ChangeOf<'removed', undefined, T> | ChangeOf<'changed', T, T>;

/**
 * A persistent map: methods that change it return a new map and leave this one as it is. Versions share what they have in
 * common, and workers read them where they are (`share`).
 *
 * Keys are strings, numbers, booleans, bigints, null and `Uint8Array`; `1` and `"1"` differ. Values are of the type that
 * is given: `"any"` takes whatever can be cloned. What is read is a copy: changing it changes no map.
 *
 * The order of entries is that of their hashes: the same for equal maps of one memory.
 *
 * @example
 * ```ts
 * import { HAMT } from 'coppice';
 * const ages = new HAMT("number").set("Ada", 36);
 * const later = ages.set("Ada", 37);
 * ages.get("Ada"); // 36
 * later.get("Ada"); // 37
 * ```
 */
export class HAMT<T = unknown> extends Keyed implements Iterable<[Key, T]> {
  /**
   * An empty map, or one with the given entries. Where values are not of the type, a TypeError.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * new HAMT("string");
   * new HAMT([["a", 1], ["b", 2]]);
   * ```
   */
  constructor(type?: ValueType);
  constructor(entries: Iterable<readonly [Key, T]>, type?: ValueType);
  /** @internal */
  constructor(trunk: Trunk);
  constructor(given: ValueType | Trunk | Iterable<readonly [Key, T]> = 'any', type: ValueType = 'any') {
    if (given instanceof Trunk) {
      super(given);
      return;
    }
    if (!isIterable(given)) {
      super(Trunk.empty(currentSpace(), valuesOf(given)));
      return;
    }
    const trunk = Trunk.empty(currentSpace(), valuesOf(type));
    super(trunk);
    for (const entry of given as Iterable<readonly [Key, T]>) this._putEntry(trunk, entry);
  }

  /**
   * A map with the given entries; later ones replace earlier ones.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * HAMT.from(Object.entries({ a: 1, b: 2 }), "number").size; // 2
   * ```
   */
  static from<T>(entries: Iterable<readonly [Key, T]>, type: ValueType = 'any'): HAMT<T> {
    return new HAMT<T>(requireIterable(entries, 'HAMT.from()'), type);
  }

  /** @internal */
  override _with(trunk: Trunk): this {
    return new HAMT<T>(trunk) as this;
  }

  /** The type of its values. */
  get type(): ValueType {
    return this._values.type;
  }

  // ---- one key

  /**
   * The map with this value under the key; this map itself, if it has it already. O(log n).
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * new HAMT().set("a", 1).get("a"); // 1
   * ```
   */
  set(key: Key, value: T): this {
    return this._set(key, value);
  }

  /** The value under the key; undefined if there is none. O(log n). */
  get(key: Key): T | undefined {
    return this._get(key) as T | undefined;
  }

  /** The map without the key; this map itself, if it has none. O(log n). */
  delete(key: Key): this {
    return this._delete(key);
  }

  /**
   * The map with what `change` makes of the key's value (undefined if there is none); without the key, if that is
   * undefined.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * const counts = new HAMT<number>("number").update("a", (n = 0) => n + 1);
   * ```
   */
  update(key: Key, change: (value: T | undefined) => T | undefined): this {
    const value = change(this.get(key));
    return value === undefined ? this.delete(key) : this.set(key, value);
  }

  /**
   * The value under the key, and the map that has it: where there was none, `make` gives it.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * const [value, map] = new HAMT().getOrInsert("a", () => 1);
   * ```
   */
  getOrInsert(key: Key, make: (key: Key) => T): [T, this] {
    const found = this.get(key);
    if (found !== undefined) return [found, this];
    const next = this.set(key, make(key));
    return [next.get(key) as T, next];
  }

  // ---- many keys

  /** The map with all these entries: as `set` for each, but one new version. O(k log n). */
  setMany(entries: Iterable<readonly [Key, T]>): this {
    return this._setAll(entries, 'setMany()');
  }

  private _setAll(entries: Iterable<readonly [Key, T]>, by: string): this {
    return this._bulk(requireIterable(entries, by), (fork, entry) => this._putEntry(fork, entry));
  }
  private _putEntry(trunk: Trunk, entry: readonly [Key, T]): boolean {
    const [key, value] = requirePair(entry);
    return this._putIn(trunk, key, value);
  }

  /** The values under the keys, in their order; undefined where there is none. O(k log n). */
  getMany(keys: Iterable<Key>): (T | undefined)[] {
    return Array.from(requireIterable(keys, 'getMany()'), (key) => this.get(key));
  }

  /** The map without all these keys. O(k log n). */
  deleteMany(keys: Iterable<Key>): this {
    return this._bulk(requireIterable(keys, 'deleteMany()'), (fork, key) => this._eraseIn(fork, key));
  }

  /**
   * The map with the entries of others as well; theirs replace its own, the last one's all. Of maps of one memory only
   * what differs is visited.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * new HAMT([["a", 1]]).merge(new HAMT([["b", 2]])).size; // 2
   * ```
   */
  merge(...others: readonly (HAMT<T> | Iterable<readonly [Key, T]>)[]): this {
    let result: this = this;
    for (const other of others) {
      result = result._joins(other) ? result._join(other, Join.union, 1) : result._setAll(other, 'merge()');
    }
    return result;
  }

  /** The entries whose keys the other has too. */
  intersection(other: HAMT | Iterable<Key>): this {
    if (this._joins(other)) return this._join(other, Join.intersection, 0);
    const keys = other instanceof HAMT ? [...other.keys()] : [...other];
    const kept = new HAMT([...keys].map((key) => [key, null] as const));
    return this.deleteMany([...this.keys()].filter((key) => !kept.has(key)));
  }

  /** The entries whose keys the other does not have. */
  difference(other: HAMT | Iterable<Key>): this {
    if (this._joins(other)) return this._join(other, Join.difference, 0);
    return this.deleteMany(other instanceof HAMT ? other.keys() : other);
  }

  /** Whether it can be joined as it is. */
  private _joins(other: unknown): other is HAMT<T> {
    if (!(other instanceof HAMT) || this.isMutable) return false;
    const { space, values } = this._real();
    return other._real().space === space && (values.type === 'any' || other._values.type === values.type);
  }

  // ---- all entries

  /** Calls `visit` for each entry. */
  forEach(visit: (value: T, key: Key, map: this) => void): void {
    eachBatch(this._real(), this.size, readBoth, ({ keys, values }) => {
      for (let i = 0; i < keys.length; i++) visit(values[i] as T, keys[i] as Key, this);
    });
  }

  /** The entries as they are now, whatever is done meanwhile. */
  entries(): IterableIterator<[Key, T]> {
    return this._walk(readBoth, true, (batch, i) => [batch.keys[i] as Key, batch.values[i] as T]);
  }
  /** The keys. */
  keys(): IterableIterator<Key> {
    return this._walk(readKeys, false, (batch, i) => batch.keys[i] as Key);
  }
  /** The values, in the order of their keys. */
  values(): IterableIterator<T> {
    return this._walk(readValues, false, (batch, i) => batch.values[i] as T);
  }
  /** The entries: `for (const [key, value] of map)`. */
  [Symbol.iterator](): IterableIterator<[Key, T]> {
    return this.entries();
  }

  // ---- two maps

  /**
   * What changed since an older version, one key at a time. What the two share is skipped: O(changes) where one was made
   * from the other.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * const older = new HAMT([["a", 1]]);
   * [...older.set("b", 2).diff(older)]; // [{ kind: "added", key: "b", value: 2, previous: undefined }]
   * ```
   */
  diff(older: HAMT<T>): IterableIterator<Change<T>> {
    if (!(older instanceof HAMT))
      throw new TypeError(`coppice: diff() compares with a HAMT, not with ${describe(older)}`);
    const here = older._real().space === this._real().space ? older : this._copyOf(older);
    return new Difference(here, this) as IterableIterator<Change<T>>;
  }

  /** A map of another memory, in this one. */
  private _copyOf(other: HAMT<T>): HAMT<T> {
    const trunk = this._real().blank();
    const copy = new HAMT<T>(trunk);
    other.forEach((value, key) => void copy._putIn(trunk, key, value));
    return copy;
  }

  /** Whether both have the same keys with the same values. What they share is skipped. */
  equals(other: unknown): boolean {
    if (this === other) return true;
    if (!(other instanceof HAMT)) return false;
    return this._same(other) ?? (this.size === other.size && this._same(this._copyOf(other as HAMT<T>)) === true);
  }

  // ---- other forms

  /** The entries as an array. */
  toArray(): [Key, T][] {
    return [...this.entries()];
  }
  /** A `Map` with the same entries. */
  toJS(): Map<Key, T> {
    return new Map(this.entries());
  }
  /** For JSON.stringify: an object if all keys are strings, else an array of entries. */
  toJSON(): Record<string, T> | [Key, T][] {
    const entries = this.toArray();
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries as [string, T][]) : entries;
  }
  /** `HAMT`. */
  override get [Symbol.toStringTag](): string {
    return 'HAMT';
  }
  /** How Node shows it. @internal */
  [inspectCustom](_depth: number, options: unknown, inspect: Inspect): string {
    return `HAMT(${this.size}) ${inspect(this.toJS(), options).replace(/^Map\(\d+\) /, '')}`;
  }
}
