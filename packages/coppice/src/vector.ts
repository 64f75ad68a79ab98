// `Vector`: a persistent sequence.

import { type Batch, beginWalk, eachBatch, readElements, Walk } from './core/batch.js';
import { Kind, Status } from './core/exchange.js';
import { Handle } from './core/handle.js';
import { checked, type Space } from './core/space.js';
import { currentSpace } from './core/spaces.js';
import { Trunk } from './core/trunk.js';
import { type Inspect, inspectCustom, isIterable, requireIterable, valuesOf } from './core/types.js';
import { encoded, oldValue, readReply, type ValueType } from './core/values.js';

export { resetMemory as resetVector, sharedMemory } from './core/spaces.js';
export type { ValueType } from './core/values.js';

/** No vector is longer. */
const MAX_SIZE = 2 ** 32 - 1;

/** What a superseded handle undoes: a push by taking the last element away; */
const PUSHED = Symbol('pushed');
/** a pop by giving it back; a set is named by its index. */
const POPPED = Symbol('popped');

/** Puts an element at the beginning of the input. */
function put(trunk: Trunk, value: unknown): number {
  const { space } = trunk;
  const given = typeof value === 'object' ? encoded(trunk.values.type, value) : value;
  space.fresh();
  space.keySize = 0;
  return trunk.values.put(space, given);
}

/**
 * A persistent vector: methods that change it return a new vector and leave this one as it is. Reading, replacing and
 * appending take O(log n); so do `slice`, `concat`, `insert` and `remove`, which share what they can (Bagwell and Rompf,
 * "RRB-Trees: Efficient Immutable Vectors", 2011).
 *
 * @example
 * ```ts
 * import { Vector } from 'coppice';
 * const primes = new Vector("number").push(2).push(3);
 * primes.push(5).toArray(); // [2, 3, 5]
 * primes.size; // 2
 * ```
 */
export class Vector<T = unknown> extends Handle implements Iterable<T> {
  /**
   * An empty vector, or one with the given elements.
   *
   * @example
   * ```ts
   * import { Vector } from 'coppice';
   * new Vector("string");
   * new Vector([1, 2, 3]);
   * ```
   */
  constructor(type?: ValueType);
  constructor(elements: Iterable<T>, type?: ValueType);
  /** @internal */
  constructor(trunk: Trunk);
  constructor(given: ValueType | Trunk | Iterable<T> = 'any', type: ValueType = 'any') {
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
    for (const element of given as Iterable<T>) this._pushIn(trunk, element);
  }

  /** A vector with the given elements. */
  static from<T>(elements: Iterable<T>, type: ValueType = 'any'): Vector<T> {
    return new Vector<T>(requireIterable(elements, 'Vector.from()'), type);
  }
  /** A vector of the arguments. */
  static of<T>(...elements: T[]): Vector<T> {
    return new Vector<T>(elements);
  }

  /** @internal */
  override _with(trunk: Trunk): this {
    return new Vector<T>(trunk) as this;
  }
  /** @internal */
  override _undo(trunk: Trunk): void {
    if (this._at === PUSHED) this._popIn(trunk);
    else if (this._at === POPPED) this._pushIn(trunk, this._old);
    else this._setIn(trunk, this._at as number, this._old);
  }

  /** The type of its elements. */
  get type(): ValueType {
    return this._values.type;
  }
  /** Number of elements. O(1). */
  override get size(): number {
    const { space, version } = this._real();
    return space.x.vector_size(space.area, version) >>> 0;
  }
  /** The same, as arrays call it. */
  get length(): number {
    return this.size;
  }

  // ---- changing

  /** An element for which no code of the program must run any more once the trunk is known. */
  private _encoded(value: T): unknown {
    return typeof value === 'object' && value !== null ? encoded(this._values.type, value) : value;
  }
  /** @internal */
  _pushIn(trunk: Trunk, value: unknown): boolean {
    const { space } = trunk;
    const kind = put(trunk, value);
    checked(space, space.x.vector_push(space.area, trunk.version, kind, space.valueSize, space.valueNumber));
    return true;
  }
  private _popIn(trunk: Trunk): boolean {
    return checked(trunk.space, trunk.space.x.vector_pop(trunk.space.area, trunk.version, 0)) !== Status.unchanged;
  }
  private _setIn(trunk: Trunk, index: number, value: unknown): boolean {
    return this._store(trunk, index, put(trunk, value), 0) !== Status.unchanged;
  }
  private _store(trunk: Trunk, index: number, kind: number, keep: number): number {
    const { space } = trunk;
    return checked(
      space,
      space.x.vector_set(space.area, trunk.version, index, kind, space.valueSize, space.valueNumber, keep),
    );
  }

  /**
   * The vector with one more element at its end. O(1) amortised.
   *
   * @example
   * ```ts
   * import { Vector } from 'coppice';
   * new Vector().push("a").size; // 1
   * ```
   */
  push(value: T): this {
    const given = this._encoded(value);
    const trunk = this._real();
    if (!this._goesApart(trunk)) {
      this._pushIn(trunk, given);
      return this._superseded(trunk, PUSHED, undefined);
    }
    return this._apart(trunk, (fork) => this._pushIn(fork, given));
  }

  /** The vector without its last element; this vector itself, if it is empty. O(1) amortised. */
  pop(): this {
    const trunk = this._real();
    const { space } = trunk;
    if (!this._goesApart(trunk)) {
      const status = checked(space, space.x.vector_pop(space.area, trunk.version, 1));
      if (status === Status.unchanged) return this;
      if (status !== Status.needsFork) return this._superseded(trunk, POPPED, oldValue(space));
    }
    return this._apart(trunk, (fork) => this._popIn(fork));
  }

  /**
   * The vector with another element at an index, which counts from the end if it is negative; this vector itself, if
   * there is no such index, or the element is there already. O(log n).
   */
  set(index: number, value: T): this {
    const given = this._encoded(value);
    const trunk = this._real();
    const { space } = trunk;
    const kind = put(trunk, given);
    const at = index >>> 0 === index ? index : this._position(trunk, index);
    if (at === -1) return this;
    if (!this._goesApart(trunk)) {
      const status = this._store(trunk, at, kind, 1);
      if (status === Status.unchanged) return this;
      if (status !== Status.needsFork) return this._superseded(trunk, at, oldValue(space));
    }
    return this._apart(trunk, (fork) => this._store(fork, at, kind, 0) !== Status.unchanged);
  }

  /** The vector with what `change` makes of an element; this vector itself, if there is no such index. */
  update(index: number, change: (value: T) => T): this {
    const trunk = this._real();
    return this._position(trunk, index) === -1 ? this : this.set(index, change(this.get(index) as T));
  }

  /** The vector with more elements at its end: one new version. */
  pushMany(elements: Iterable<T>): this {
    return this._pushAllOf(elements, 'pushMany()');
  }
  private _pushAllOf(elements: Iterable<T>, by: string): this {
    requireIterable(elements, by);
    if (this._joins(elements)) return this._append(elements);
    return this._apart(this._real(), (fork) => {
      let changed = false;
      for (const element of elements) changed = this._pushIn(fork, element);
      return changed;
    });
  }

  /** The elements from `start` up to, not including, `end`, with the meaning that arrays give them. O(log n). */
  slice(start = 0, end?: number): this {
    const trunk = this._real();
    const { size } = this;
    const first = clamp(start, size);
    const last = Math.max(first, end === undefined ? size : clamp(end, size));
    if (first === 0 && last === size) return this;
    return this._apart(trunk, (fork) => this._cut(fork, first, last));
  }
  private _cut(trunk: Trunk, from: number, to: number): boolean {
    checked(trunk.space, trunk.space.x.vector_slice(trunk.space.area, trunk.version, from, to));
    return true;
  }

  /** The elements of this vector and of others after it. O(log n) for each vector, O(k) for another iterable. */
  concat(...others: readonly Iterable<T>[]): this {
    let result: this = this;
    for (const other of others) result = result._pushAllOf(other, 'concat()');
    return result;
  }

  /** The vector with elements put before an index. O(log n). */
  insert(index: number, ...elements: T[]): this {
    if (elements.length === 0) return this;
    const at = clamp(index, this.size);
    return this._splice(at, at, elements);
  }

  /** The vector without `count` elements from an index on; this vector itself, if there are none. O(log n). */
  remove(index: number, count = 1): this {
    const { size } = this;
    const from = clamp(index, size);
    const to = Math.min(size, from + Math.max(0, Math.trunc(count)));
    if (from === to || (index < 0 && index + size < 0) || index >= size) return this;
    return this._splice(from, to, []);
  }

  private _splice(from: number, to: number, added: readonly T[]): this {
    return this._apart(this._real(), (fork) => {
      const rest = fork.fork();
      try {
        this._cut(rest, to, rest.space.x.vector_size(rest.space.area, rest.version) >>> 0);
        // A mutable vector must stay as it was if this fails; what can fail for want of memory is done apart.
        const start = fork.fork();
        try {
          this._cut(start, 0, from);
          for (const element of added) this._pushIn(start, element);
          const { space } = fork;
          checked(space, space.x.vector_append(space.area, start.version, rest.version));
          fork.swap(start);
        } finally {
          start.dispose();
        }
      } finally {
        rest.dispose();
      }
      return true;
    });
  }

  private _joins(other: Iterable<T>): other is Vector<T> {
    if (!(other instanceof Vector)) return false;
    const { space, values } = this._real();
    return other._real().space === space && (values.type === 'any' || other.type === values.type);
  }
  private _append(other: Vector<T>): this {
    const { version, space } = other._real();
    if (other.size === 0) return this;
    if (this.size + other.size > MAX_SIZE) {
      throw new RangeError(`coppice: a vector has at most ${MAX_SIZE} elements`);
    }
    return this._apart(this._real(), (fork) => {
      if (fork.version === version) return this._pushAll(fork, other.toArray());
      checked(space, space.x.vector_append(space.area, fork.version, version));
      return true;
    });
  }
  private _pushAll(fork: Trunk, elements: readonly unknown[]): boolean {
    for (const element of elements) this._pushIn(fork, element);
    return true;
  }

  // ---- reading

  /** An index as a position; -1 if there is no such element. */
  private _position(trunk: Trunk, index: number): number {
    const { space } = trunk;
    const size = space.x.vector_size(space.area, trunk.version) >>> 0;
    const at = index < 0 ? index + size : index;
    return Number.isInteger(at) && at >= 0 && at < size ? at : -1;
  }

  /**
   * The element at an index, which counts from the end if it is negative; undefined if there is none. O(log n).
   *
   * @example
   * ```ts
   * import { Vector } from 'coppice';
   * new Vector([1, 2, 3]).get(-1); // 3
   * ```
   */
  get(index: number): T | undefined {
    const trunk = this._real();
    const { space } = trunk;
    if (index >>> 0 === index) {
      const number = space.x.vector_get(space.area, trunk.version, index);
      if (number === number) return number as T;
      return this._other(space);
    }
    const at = this._position(trunk, index);
    return at === -1 ? undefined : this.get(at);
  }
  /** As arrays call it. */
  at(index: number): T | undefined {
    return this.get(index);
  }
  /** What vector_get answered with, if it was no number. */
  private _other(space: Space): T | undefined {
    const kind = space.i32[space.replyNumber * 2 + 4] as number;
    if (kind === -1) return undefined;
    return (kind === Kind.number ? NaN : readReply(space, kind)) as T;
  }
  /** The first element, undefined if there is none. */
  first(): T | undefined {
    return this.get(0);
  }
  /** The last element, undefined if there is none. */
  last(): T | undefined {
    return this.get(-1);
  }

  /** Calls `visit` for each element. */
  forEach(visit: (value: T, index: number, vector: this) => void): void {
    eachBatch(this._real(), this.size, readElements, ({ values }, from) => {
      for (let i = 0; i < values.length; i++) visit(values[i] as T, from + i, this);
    });
  }

  /** The elements as they are now, whatever is done meanwhile. */
  values(): IterableIterator<T> {
    return this._walk((batch, i) => batch.values[i] as T);
  }
  private _walk<R>(part: (batch: Batch, index: number, position: number) => R): IterableIterator<R> {
    return new Walk(beginWalk(this._real(), this.size, readElements, true), part);
  }
  /** The indices. */
  keys(): IterableIterator<number> {
    return Array.from({ length: this.size }, (_, index) => index)[Symbol.iterator]();
  }
  /** Pairs of index and element. */
  entries(): IterableIterator<[number, T]> {
    return this._walk((batch, i, position) => [position, batch.values[i] as T]);
  }
  /** The elements: `for (const element of vector)`. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  /** Whether both have the same elements in the same order. O(n). */
  equals(other: unknown): boolean {
    if (this === other) return true;
    if (!(other instanceof Vector) || this.size !== other.size) return false;
    const { space, version } = this._real();
    const right = other._real();
    if (right.space !== space) return this.equals(this._copyOf(other as Vector<T>));
    return space.x.vector_difference(space.area, version, right.version) >>> 0 === this.size;
  }
  private _copyOf(other: Vector<T>): Vector<T> {
    const copy = new Vector<T>(this._real().blank());
    for (const element of other) copy._pushIn(copy._real(), element);
    return copy;
  }

  /** A hash of the content as a 32-bit integer: equal vectors have equal hashes, in every memory and every program. O(n). */
  hashCode(): number {
    const { space, version } = this._real();
    return space.x.vector_hash(space.area, version) | 0;
  }

  // ---- other forms

  /** The elements as an array. */
  toArray(): T[] {
    return [...this];
  }
  /** The same. */
  toJS(): T[] {
    return this.toArray();
  }
  /** For JSON.stringify: an array. */
  toJSON(): T[] {
    return this.toArray();
  }
  /** `Vector`. */
  override get [Symbol.toStringTag](): string {
    return 'Vector';
  }
  /** How Node shows it. @internal */
  [inspectCustom](_depth: number, options: unknown, inspect: Inspect): string {
    return `Vector(${this.size}) ${inspect(this.toArray(), options)}`;
  }
}

/** An argument of slice(): from the end if negative, within the vector. */
function clamp(index: number, size: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(0, size + whole) : Math.min(whole, size);
}
