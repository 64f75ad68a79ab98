// Sharing: versions that other workers read where they are.

import { decodeDocument, encodeDocument } from './core/document.js';
import { Handle } from './core/handle.js';
import { noticesEnds, watched, watchOthers } from './core/liveness.js';
import { type MemoryOptions, failed, type Space } from './core/space.js';
import { configureMemory, currentSpace, spaceOf } from './core/spaces.js';
import { Trunk, withScope } from './core/trunk.js';
import { valuesOf } from './core/types.js';
import { describe, type Key, type ValueType } from './core/values.js';
import { HAMT } from './hamt.js';
import { HAMTSet } from './hamt-set.js';
import { Vector } from './vector.js';
import type { WasmMemory } from './core/wasm-types.js';

export type { MemoryOptions } from './core/space.js';
export type { WasmMemory } from './core/wasm-types.js';
export { resetMemory } from './core/spaces.js';

/** Marks the bytes of a snapshot. */
const SNAPSHOT = 'coppice snapshot 1';

/** What can be shared and carried. */
export type Collection = HAMT | HAMTSet | Vector;

/** What is shared, for `attach` in another worker: an object that postMessage and workerData take. */
export interface ShareToken<C extends Collection = Collection> {
  /** For the compiler only: what `attach` gives. */
  readonly gives?: C;
  /** Tells a token from other objects. */
  readonly coppice: 'share';
  /** The class of the collection. */
  readonly collection: 'HAMT' | 'HAMTSet' | 'Vector';
  /** The type of its values. */
  readonly type: ValueType;
  /** The memory that it is in. */
  readonly memory: WasmMemory;
  /** Bytes that the memory may have. */
  readonly maximumBytes: number;
  /** Version and pin, as words. */
  readonly words: readonly [number, number, number];
}

const CLASSES = { HAMT, HAMTSet, Vector } as const;

function words(space: Space): [number, number, number] {
  const at = space.input / 4;
  return [space.i32[at] as number, space.i32[at + 1] as number, space.i32[at + 2] as number];
}

function putWords(space: Space, token: ShareToken): void {
  const at = space.input / 4;
  token.words.forEach((word, i) => (space.i32[at + i] = word));
}

/**
 * Shares a version with other workers: nothing is copied, and it takes O(1). They read it as long as they hold what
 * `attach` gives them. The token belongs to this worker: it can be attached any number of times, until `release`, or
 * until this worker ends.
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { HAMT, share } from 'coppice';
 * const worker = new Worker('./worker.js', { workerData: share(new HAMT([['a', 1]])) });
 * ```
 */
export function share<C extends Collection>(collection: C): ShareToken<C> {
  if (!(collection instanceof Handle)) {
    throw new TypeError(`coppice: share() takes a HAMT, HAMTSet or Vector, not ${describe(collection)}`);
  }
  if (collection.isMutable) {
    throw new TypeError('coppice: a mutable collection cannot be shared; share what asImmutable() gives');
  }
  const trunk = collection._real();
  const { space } = trunk;
  if (!space.shared) {
    throw new TypeError(
      'coppice: memory cannot be shared here (a page must be cross-origin isolated, by the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp); post snapshotBytes() instead',
    );
  }
  watchOthers(space);
  const code = space.x.share(space.area, trunk.version);
  if (code !== 0) throw new RangeError('coppice: there is no room for one more token; release() some');
  return {
    coppice: 'share',
    collection: collection[Symbol.toStringTag] as ShareToken['collection'],
    type: trunk.values.type,
    memory: space.memory,
    maximumBytes: space.maximumBytes,
    words: words(space),
  };
}

/** Of `errc` (include/coppice/result.hpp): closed, and invalid_argument, for what is no token of this memory any more. */
const NOT_SHARED: readonly number[] = [11, 14];

function requireToken(given: unknown, by: string): asserts given is ShareToken {
  const token = given as Partial<ShareToken> | null | undefined;
  const isToken =
    token?.coppice === 'share' && Array.isArray(token.words) && token.memory instanceof WebAssembly.Memory;
  if (!isToken || !Object.hasOwn(CLASSES, token.collection ?? '')) {
    throw new TypeError(`coppice: ${by} takes a token that share() gave, not ${describe(token)}`);
  }
}

/**
 * What another worker (or this one) shares: a collection of this worker, over the same memory. O(1). Throws an Error if it is
 * not shared any more. Its type is that of the token; of one that came in a message nobody checks it.
 *
 * @example
 * ```ts
 * import { attach, HAMT } from 'coppice';
 * import { workerData } from "node:worker_threads";
 * const map = attach<HAMT<number>>(workerData);
 * ```
 */
export function attach<C extends Collection = Collection>(token: ShareToken<C>): C {
  requireToken(token, 'attach()');
  const space = spaceOf(token.memory, token.maximumBytes);
  watchOthers(space);
  putWords(space, token);
  const version = space.x.attach(space.area);
  if (version === -1) {
    if (!NOT_SHARED.includes(space.trouble()[0])) throw failed(space);
    throw new Error(
      'coppice: what the token names is not shared any more: it was released, or the worker that shared it has ended',
    );
  }
  space.versions++;
  const trunk = new Trunk(space, valuesOf(token.type), version);
  trunk.mostChanges = 0;
  return new (CLASSES[token.collection] as unknown as new (trunk: Trunk) => C)(trunk);
}

/**
 * Ends the sharing by a token of this worker: nobody can attach to it any more. Who has done so keeps what it has. Returns
 * whether it was shared.
 */
export function release(token: ShareToken): boolean {
  requireToken(token, 'release()');
  const space = spaceOf(token.memory, token.maximumBytes);
  putWords(space, token);
  return space.x.unshare(space.area) === 1;
}

/**
 * A collection as bytes, for workers that cannot share memory, files and messages. O(n).
 *
 * @example
 * ```ts
 * import { HAMT, fromBytes, snapshotBytes } from 'coppice';
 * fromBytes(snapshotBytes(new HAMT([['a', 1]]))).size; // 1
 * ```
 */
export function snapshotBytes(collection: Collection): Uint8Array<ArrayBuffer> {
  if (!(collection instanceof Handle)) {
    throw new TypeError(`coppice: snapshotBytes() takes a HAMT, HAMTSet or Vector, not ${describe(collection)}`);
  }
  const content = collection instanceof HAMT ? [...collection].flat() : [...collection];
  return encodeDocument([SNAPSHOT, collection[Symbol.toStringTag], collection._values.type, content]);
}

/** The collection that snapshotBytes() made bytes of, in this worker's memory. An Error if the bytes are not such. */
export function fromBytes(bytes: Uint8Array): Collection {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`coppice: fromBytes() takes the Uint8Array that snapshotBytes() gave, not ${describe(bytes)}`);
  }
  const [mark, name, type, content] = decodeDocument(bytes) as [unknown, string, ValueType, unknown[]];
  if (mark !== SNAPSHOT || !Array.isArray(content)) {
    throw new Error('coppice: fromBytes() takes what snapshotBytes() gave; these bytes are something else');
  }
  if (name === 'Vector') return new Vector(content, type);
  if (name === 'HAMTSet') return new HAMTSet(content as Key[]);
  return new HAMT(pairs(content), type);
}

function* pairs(content: readonly unknown[]): Generator<[Key, unknown]> {
  for (let i = 0; i + 1 < content.length; i += 2) yield [content[i] as Key, content[i + 1]];
}

/** What the runtime can do for collections. */
export interface Capabilities {
  /** Whether share() works: memory that other workers see as it changes. */
  readonly sharedMemory: boolean;
  /** Whether the end of a worker is noticed by itself; else `releaseWorker` has to be called. */
  readonly noticesEnds: boolean;
}

/** What the runtime can do for collections. */
export function capabilities(): Capabilities {
  return { sharedMemory: currentSpace().shared, noticesEnds: noticesEnds() };
}

/** Figures of the memory that new collections are made in. */
export interface Stats {
  /** Versions that this worker holds. */
  readonly versions: number;
  /** Those of them that it shares. */
  readonly shared: number;
  /** Bytes of memory in use, as the last collection found. */
  readonly liveBytes: number;
  /** Bytes that the memory has now. */
  readonly memoryBytes: number;
  /** Bytes that it may have. */
  readonly maximumBytes: number;
  /** Collections finished. */
  readonly collections: number;
  /** Workers that ended without saying so. */
  readonly recoveries: number;
}

/** Figures of the memory that new collections are made in. O(1). */
export function stats(): Stats {
  const space = currentSpace();
  space.x.stats(space.area);
  space.refresh();
  const at = space.input / 8;
  const figure = (index: number): number => space.f64[at + index] as number;
  return {
    versions: figure(0),
    shared: figure(1),
    liveBytes: figure(2),
    memoryBytes: space.u8.length,
    maximumBytes: space.maximumBytes,
    collections: figure(5),
    recoveries: figure(6),
  };
}

/** Of `errc` (include/coppice/result.hpp): another worker collects at this moment, which does as well. */
const BUSY = 10;

/** Gives back, now, the memory of all versions that are not held any more. O(what is in use). */
export function collect(): void {
  const space = currentSpace();
  watchOthers(space);
  const code = space.x.collect(space.area);
  if (code !== 0 && code !== BUSY) throw failed(space);
}

/**
 * How memory is made for the first collection of this worker, or the first one after resetMemory().
 *
 * @example
 * ```ts
 * import { configure } from 'coppice';
 * configure({ maximumBytes: 256 * 2 ** 20 });
 * ```
 */
export function configure(options: MemoryOptions): void {
  configureMemory(options);
}

/**
 * Runs `body`, which must not be an async function, and gives back the memory of all collections that were made in it, but for the one that it returns, or those
 * in an array that it returns.
 *
 * @example
 * ```ts
 * import { HAMT, batch } from 'coppice';
 * const total = batch(() => [1, 2, 3].reduce((map, n) => map.set(n, n * n), new HAMT()));
 * ```
 */
export function batch<R>(body: () => R): R {
  return withScope(body, (result) => {
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      throw new TypeError('coppice: batch() ends when its function returns, so it must not be an async function');
    }
    const results: unknown[] = Array.isArray(result) ? result : [result];
    const trunks = results.map((each) => (each instanceof Handle ? each._real() : undefined));
    return new Set(trunks.filter((trunk) => trunk !== undefined));
  });
}

/**
 * Resolves when the end of this worker would be noticed by others, in runtimes that notice ends. In a browser that takes
 * some turns of its event loop: a worker that is going to work for long without returning there should await it first.
 *
 * @example
 * ```ts
 * import { endIsNoticed } from 'coppice';
 * await endIsNoticed();
 * ```
 */
export function endIsNoticed(): Promise<void> {
  return watched;
}

/** The number of this worker in its memory, for `releaseWorker` in another one. */
export function workerId(): number {
  return currentSpace().worker;
}

/** A worker may run on for some moments after terminate(). */
const GRACE_MS = 2000;

/**
 * Says that a worker of this memory has ended: soon after, what it held is free for others. Needed only where the runtime
 * does not notice by itself (`capabilities().noticesEnds`). The worker must really have ended: one that runs on would have
 * its memory overwritten. In Deno `terminate()` does not end a worker that is busy; it must return to its event loop first.
 * Resolves when it is done.
 */
export async function releaseWorker(id: number): Promise<void> {
  const space = currentSpace();
  if (!Number.isInteger(id) || id <= 0 || id === space.worker) {
    throw new TypeError(`coppice: releaseWorker() takes the workerId() of a worker that has ended, not ${String(id)}`);
  }
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  space.x.release_worker(id);
}
