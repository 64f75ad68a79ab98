// `HAMTSet`: a persistent set.

import { eachBatch } from './core/batch.js';
import { Join, Keyed, readKeys } from './core/keyed.js';
import { currentSpace } from './core/spaces.js';
import { Trunk } from './core/trunk.js';
import { type Inspect, inspectCustom, requireIterable, valuesOf } from './core/types.js';
import type { Key } from './core/values.js';

export type { Key } from './core/values.js';

/**
 * A persistent set of strings, numbers, booleans, bigints, null and `Uint8Array`; `1` and `"1"` differ. Methods that change
 * it return a new set and leave this one as it is.
 *
 * @example
 * ```ts
 * import { HAMTSet } from 'coppice';
 * const tags = new HAMTSet(["a", "b"]);
 * tags.add("c").size; // 3
 * tags.size; // 2
 * ```
 */
export class HAMTSet<T = Key> extends Keyed implements Iterable<T> {
  /** An empty set, or one with the given elements. */
  constructor(elements?: Iterable<T> | null);
  /** @internal */
  constructor(trunk: Trunk);
  constructor(given?: Trunk | Iterable<T> | null) {
    if (given instanceof Trunk) {
      super(given);
      return;
    }
    const trunk = Trunk.empty(currentSpace(), valuesOf('any'));
    super(trunk);
    if (given === undefined || given === null) return;
    for (const element of requireIterable(given, 'new HAMTSet()')) this._putIn(trunk, element as Key, null);
  }

  /** A set with the given elements. */
  static from<T>(elements: Iterable<T>): HAMTSet<T> {
    return new HAMTSet<T>(requireIterable(elements, 'HAMTSet.from()'));
  }

  /** @internal */
  override _with(trunk: Trunk): this {
    return new HAMTSet<T>(trunk) as this;
  }

  /** The set with the element; this set itself, if it has it. O(log n). */
  add(element: T): this {
    return this._set(element as Key, null);
  }
  /** The set without the element; this set itself, if it does not have it. O(log n). */
  delete(element: T): this {
    return this._delete(element as Key);
  }
  /** The set with all these elements: one new version. O(k log n). */
  addMany(elements: Iterable<T>): this {
    return this._bulk(requireIterable(elements, 'addMany()'), (fork, element) =>
      this._putIn(fork, element as Key, null),
    );
  }
  /** The set without all these elements. O(k log n). */
  deleteMany(elements: Iterable<T>): this {
    return this._bulk(requireIterable(elements, 'deleteMany()'), (fork, element) =>
      this._eraseIn(fork, element as Key),
    );
  }

  // ---- two sets: of one memory, what they share is not visited

  /** The elements of either. */
  union(other: Iterable<T>): this {
    return this._joins(other) ? this._join(other, Join.union, 0) : this.addMany(other);
  }
  /** The elements of both. */
  intersection(other: Iterable<T>): this {
    const right: Keyed = this._here(other);
    return this._joins(right)
      ? this._join(right, Join.intersection, 0)
      : this._filter((element) => right.has(element as Key));
  }
  /** The elements that the other does not have. */
  difference(other: Iterable<T>): this {
    return this._joins(other) ? this._join(other, Join.difference, 0) : this.deleteMany(other);
  }
  /** The elements of exactly one. */
  symmetricDifference(other: Iterable<T>): this {
    const right = this._here(other);
    const onlyRight = right.difference(this);
    return this.difference(right).union(onlyRight);
  }
  /** Whether the other has all its elements. */
  isSubsetOf(other: Iterable<T>): boolean {
    const right = this._here(other);
    return this.size <= right.size && this.difference(right).size === 0;
  }
  /** Whether it has all elements of the other. */
  isSupersetOf(other: Iterable<T>): boolean {
    return this._here(other).isSubsetOf(this);
  }
  /** Whether they have no element in common. */
  isDisjointFrom(other: Iterable<T>): boolean {
    return this.intersection(other).size === 0;
  }
  /** Whether both have the same elements. */
  equals(other: unknown): boolean {
    if (this === other) return true;
    if (!(other instanceof HAMTSet)) return false;
    return this._same(other) ?? (this.size === other.size && this._same(this._here(other)) === true);
  }

  private _joins(other: unknown): other is HAMTSet<T> {
    return other instanceof HAMTSet && !this.isMutable && other._real().space === this._real().space;
  }
  /** The other as a set of this one's memory. */
  private _here(other: Iterable<T>): HAMTSet<T> {
    const trunk = this._real();
    if (other instanceof HAMTSet && other._real().space === trunk.space) return other as HAMTSet<T>;
    const copy = trunk.blank();
    const set = new HAMTSet<T>(copy);
    for (const element of requireIterable(other, 'a set operation')) set._putIn(copy, element as Key, null);
    return set;
  }
  private _filter(keeps: (element: T) => boolean): this {
    return this.deleteMany([...this].filter((element) => !keeps(element)));
  }

  // ---- all elements

  /** Calls `visit` for each element. */
  forEach(visit: (element: T, again: T, set: this) => void): void {
    eachBatch(this._real(), this.size, readKeys, ({ keys }) => {
      for (const element of keys as T[]) visit(element, element, this);
    });
  }
  /** The elements as they are now, whatever is done meanwhile. */
  values(): IterableIterator<T> {
    return this._walk(readKeys, true, (batch, i) => batch.keys[i] as T);
  }
  /** The same. */
  keys(): IterableIterator<T> {
    return this.values();
  }
  /** Pairs of each element and itself, as a Set has them. */
  entries(): IterableIterator<[T, T]> {
    return this._walk(readKeys, true, (batch, i) => [batch.keys[i] as T, batch.keys[i] as T]);
  }
  /** The elements: `for (const element of set)`. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  // ---- other forms

  /** The elements as an array. */
  toArray(): T[] {
    return [...this];
  }
  /** A `Set` with the same elements. */
  toJS(): Set<T> {
    return new Set(this);
  }
  /** For JSON.stringify: an array. */
  toJSON(): T[] {
    return this.toArray();
  }
  /** `HAMTSet`. */
  override get [Symbol.toStringTag](): string {
    return 'HAMTSet';
  }
  /** How Node shows it. @internal */
  [inspectCustom](_depth: number, options: unknown, inspect: Inspect): string {
    return `HAMTSet(${this.size}) ${inspect(this.toJS(), options).replace(/^Set\(\d+\) /, '')}`;
  }
}
