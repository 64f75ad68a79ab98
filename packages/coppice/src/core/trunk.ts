// Trunks: what is behind the handles that users have.
//
// A trunk owns one version in the memory. Of a chain of changes `b = a.set(...)`, `c = b.set(...)` the newest handle has
// the trunk, and changes are made in place; a handle that was superseded knows how it differs from its successor (Baker,
// "Shallow binding makes functional arrays fast", 1991). When it is used all the same, it gets a trunk of its own, by a
// fork of its successor's and the inverse changes, and keeps it: from then on it is a version like any other.
//
// So a chain that nobody looks back at costs no copies, and its handles are plain garbage: finalizers, which never run
// within a job, are needed for trunks only. A superseded handle keeps its successors alive, up to the next one that has a
// trunk; therefore, after as many changes as the version has entries, one stays behind with the trunk, unless others have
// whose finalizers did not run yet, of twice as many entries.

import type { Kept } from './batch.js';
import type { Space } from './space.js';
import type { PutValue, ValueType } from './values.js';

const LEAST_CHAIN = 4096;

/** Trunks made while a scope is open, which ends them. */
let scope: Trunk[] | undefined;

/** What values a collection takes, and how they are put into the memory. */
export interface Values {
  readonly type: ValueType;
  readonly put: PutValue;
}

export class Trunk {
  readonly space: Space;
  readonly values: Values;
  /** Index of the version in the space; -1 once it was given up. */
  version: number;
  /** Changes in place since it was made, or since one handle stayed behind. */
  changes = 0;
  /** After so many the next change asks what to do. 0: the handle keeps its version, and each change makes a new one. */
  mostChanges = LEAST_CHAIN;
  /** Whether its only handle is changed by its own methods. */
  mutable = false;
  /** At most so many older handles find their versions by way of this one. */
  olderHandles = 0;
  /** No handle but those is in use. */
  isLeft = false;
  /** How the version is read, if it is small; nothing once it has changed. */
  kept: Kept | undefined;

  constructor(space: Space, values: Values, version: number) {
    this.space = space;
    this.values = values;
    this.version = version;
    space.register(this, version);
    scope?.push(this);
  }

  /** A trunk of an empty version, which is never handed on: programs begin many chains from one empty collection. */
  static empty(space: Space, values: Values): Trunk {
    const trunk = new Trunk(space, values, space.newVersion());
    trunk.mostChanges = 0;
    return trunk;
  }
  /** A trunk with the same content. */
  fork(): Trunk {
    return new Trunk(this.space, this.values, this.space.fork(this.version));
  }
  /** The same, but a scope that is open does not end it. */
  forkOutside(): Trunk {
    const outer = scope;
    scope = undefined;
    try {
      return this.fork();
    } finally {
      scope = outer;
    }
  }
  /** One older handle does not need it any more. */
  leave(): void {
    if (this.olderHandles > 0) this.olderHandles--;
    if (this.isLeft && this.olderHandles === 0) this.dispose();
  }
  /** An empty one in the same space. */
  blank(): Trunk {
    return new Trunk(this.space, this.values, this.space.newVersion());
  }
  /** Whether the handle that has it must keep it and go on with a fork. Asked once `changes` has come to `mostChanges`. */
  staysBehind(size: number): boolean {
    if (this.mostChanges === 0) return true;
    this.changes = 0;
    this.mostChanges = Math.max(LEAST_CHAIN, size);
    return this.space.stayBehind(this.version, this.mostChanges);
  }
  /** From now on each change asks: this trunk's only handle is changed in place, or (false) as usual. */
  setMutable(mutable: boolean): void {
    this.mutable = mutable;
    this.kept = undefined;
    this.changes = 0;
    this.mostChanges = mutable ? -1 : LEAST_CHAIN;
  }
  /** Takes over the version of another trunk, which takes this one's. */
  swap(other: Trunk): void {
    const { version } = this;
    for (const trunk of [this, other]) trunk.space.unregister(trunk);
    this.version = other.version;
    other.version = version;
    for (const trunk of [this, other]) {
      trunk.kept = undefined;
      trunk.space.register(trunk, trunk.version);
    }
  }
  /** Gives the memory back now, and not when a finalizer runs. */
  dispose(): void {
    if (this.version === -1) return;
    this.space.unregister(this);
    this.space.drop(this.version);
    this.version = -1;
  }
}

/** The error of a handle that was disposed of. */
export function disposed(): TypeError {
  return new TypeError('coppice: this collection was disposed of, and cannot be used any more');
}

/** Runs `body`; trunks made in it end with it, but for those that `kept` finds in its result. */
export function withScope<R>(body: () => R, kept: (result: R) => ReadonlySet<Trunk>): R {
  const outer = scope;
  const mine: Trunk[] = [];
  scope = mine;
  let keep: ReadonlySet<Trunk> = new Set();
  try {
    const result = body();
    keep = kept(result);
    return result;
  } finally {
    scope = outer;
    for (const trunk of mine) {
      if (keep.has(trunk)) {
        // Whatever leads to it was made in the scope too, and has ended.
        trunk.olderHandles = 0;
        outer?.push(trunk);
      } else {
        trunk.dispose();
      }
    }
  }
}
