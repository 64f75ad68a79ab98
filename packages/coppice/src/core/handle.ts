// Handles: what users have of a version. See trunk.ts.

import { disposed, type Trunk, type Values } from './trunk.js';
import { disposeSymbol } from './types.js';

/** Handles that were disposed of, but lead older ones to their versions. */
const ended = new WeakSet<Handle>();
/** `_at` of a handle that differs in nothing from its successor. */
const NOWHERE = Symbol('nowhere');
/** So far a handle that is disposed of looks for the trunk of its chain. */
const NEAR = 16;

export abstract class Handle {
  // Declared and assigned, not initialised as fields: handles are made by the million, and engines define fields slowly.
  /** The version, if this is the newest of its chain, or one that was looked back at. @internal */
  declare _trunk: Trunk | null;
  /** Else the handle that superseded it; @internal */
  declare _next: Handle | null;
  /** how to come back from there: what was changed, @internal */
  declare _at: unknown;
  /** and what it was before. @internal */
  declare _old: unknown;

  /** @internal */
  constructor(trunk: Trunk) {
    this._trunk = trunk;
    this._next = null;
    this._at = undefined;
    this._old = undefined;
  }

  /** A handle of the same class. @internal */
  abstract _with(trunk: Trunk): this;
  /** In a version like that of this handle's successor, undoes what led there. @internal */
  abstract _undo(trunk: Trunk): void;
  /** Number of entries or elements; O(1). */
  abstract get size(): number;
  abstract get [Symbol.toStringTag](): string;

  /** The trunk, made now if the handle was superseded. @internal */
  _real(): Trunk {
    const trunk = this._trunk;
    if (trunk === null) return this._comeBack();
    if (trunk.version === -1) throw disposed();
    return trunk;
  }

  /** What values it takes. @internal */
  get _values(): Values {
    let newest: Handle = this;
    while (newest._trunk === null && newest._next !== null) newest = newest._next;
    if (newest._trunk === null) throw disposed();
    return newest._trunk.values;
  }

  /** From the newest handle of the chain back to this one. */
  private _comeBack(): Trunk {
    if (ended.has(this)) throw disposed();
    const chain: Handle[] = [];
    let newest: Handle = this;
    for (; newest._trunk === null && newest._next !== null; newest = newest._next) chain.push(newest);
    const theirs = newest._real();
    // Not of the scope that is open: this handle may be older than that.
    const trunk = theirs.forkOutside();
    // Whoever looked back once may do so again, and again from here.
    trunk.mostChanges = 0;
    for (let i = chain.length - 1; i >= 0; i--) {
      const step = chain[i] as Handle;
      if (step._at !== NOWHERE) step._undo(trunk);
    }
    theirs.leave();
    trunk.olderHandles = theirs.olderHandles;
    this._trunk = trunk;
    this._next = null;
    this._at = this._old = undefined;
    return trunk;
  }

  /** Hands the trunk on, whose version has just been changed. @internal */
  _superseded(trunk: Trunk, at: unknown, old: unknown): this {
    const successor = this._with(trunk);
    trunk.changes++;
    trunk.olderHandles++;
    trunk.kept = undefined;
    this._trunk = null;
    this._next = successor;
    this._at = at;
    this._old = old;
    return successor;
  }

  /** Whether a change is made by _apart(), and not in place with this handle superseded. @internal */
  _goesApart(trunk: Trunk): boolean {
    return trunk.changes >= trunk.mostChanges && (trunk.mutable || trunk.staysBehind(this.size));
  }
  /** This mutable handle itself, after it may have been changed. @internal */
  _changed(trunk: Trunk, changed: boolean): this {
    if (changed) trunk.changes++;
    return this;
  }

  /** A successor with a trunk of its own; this handle itself, if `change` says that nothing changed. @internal */
  _apart(trunk: Trunk, change: (fork: Trunk) => boolean): this {
    if (trunk.mutable) return this._changed(trunk, change(trunk));
    const fork = trunk.fork();
    let changed = false;
    try {
      changed = change(fork);
    } finally {
      if (!changed) fork.dispose();
    }
    return changed ? this._with(fork) : this;
  }

  /**
   * Calls `change` with a mutable copy, and returns the result as an immutable collection: this one itself, if nothing
   * changed. The fastest way to make many changes one by one. O(1) and the changes.
   *
   * @example
   * ```ts
   * import { HAMT } from 'coppice';
   * const squares = new HAMT("number").withMutations((map) => {
   *   for (let i = 0; i < 1000; i++) map.set(i, i * i);
   * });
   * ```
   */
  withMutations(change: (collection: this) => void): this {
    const fork = this._real().fork();
    fork.setMutable(true);
    const copy = this._with(fork);
    try {
      change(copy);
    } catch (error) {
      fork.dispose();
      throw error;
    }
    if (fork.version === -1) throw disposed();
    if (fork.changes === 0) {
      fork.dispose();
      return this;
    }
    fork.setMutable(false);
    return copy;
  }

  /**
   * A mutable copy: its methods change it and return it, until `asImmutable()`. O(1).
   */
  asMutable(): this {
    const fork = this._real().fork();
    fork.setMutable(true);
    return this._with(fork);
  }

  /** Ends `asMutable()`: the collection itself, which nothing changes any more. O(1). */
  asImmutable(): this {
    const trunk = this._real();
    if (trunk.mutable) trunk.setMutable(false);
    return this;
  }

  /** Whether its own methods change it. */
  get isMutable(): boolean {
    return this._trunk?.mutable ?? false;
  }

  /**
   * Ends the use of this version: it must not be used any more; versions made from it, and those that it was made from,
   * live on. Its memory is given back now, or when no version can be in use any more that it was made from one change at a
   * time: these are kept as changes of this one. Without this the memory is given back some time after the last reference
   * to the collection is gone.
   */
  dispose(): void {
    const trunk = this._trunk;
    if (trunk === null) {
      if (ended.has(this)) return;
      ended.add(this);
      this._nearTrunk()?.leave();
    } else if (trunk.olderHandles === 0 || trunk.version === -1) {
      trunk.dispose();
    } else {
      // Older handles find the trunk with another one, which nobody else has.
      ended.add(this);
      this._trunk = null;
      this._next = this._with(trunk);
      this._at = NOWHERE;
      trunk.isLeft = true;
    }
  }
  private _nearTrunk(): Trunk | null {
    let newest: Handle = this;
    for (let i = 0; i < NEAR && newest._trunk === null && newest._next !== null; i++) newest = newest._next;
    return newest._trunk;
  }
  /** The same: `using map = ...`. */
  [disposeSymbol](): void {
    this.dispose();
  }

  /** Class and size, like `HAMT(3)`. */
  toString(): string {
    return `${this[Symbol.toStringTag]}(${this.size})`;
  }
}
