// What the page and the workers of part two tell each other, and which entries there are.
//
// A token is kept until whoever it was sent to has attached to it, and says so: the page's by `map`, a worker's by
// `attached`. Until then no other one is sent.

import type { HAMT, ShareToken } from 'coppice';

/** The map to read from now on, and its number. */
export interface SharedMap {
  readonly token: ShareToken<HAMT<number>>;
  readonly map: number;
}

export type ToWorker =
  | ({ readonly kind: 'start'; readonly worker: number; readonly writes: boolean } & SharedMap)
  | ({ readonly kind: 'map' } & SharedMap)
  | { readonly kind: 'attached' };

export type FromWorker =
  | {
      readonly kind: 'progress';
      readonly reads: number;
      readonly writes: number;
      readonly wrong: number;
      readonly map: number;
    }
  /** What the worker has written, as it is now. */
  | { readonly kind: 'written'; readonly token: ShareToken<HAMT<number>> };

/** Entries of the map that all read; the value under a key is its number. */
export const ENTRIES = 100_000;
export const keyOf = (i: number): string => `key ${i}`;

/** Entries that each worker writes, again and again. */
export const WRITTEN = 1000;
export const writtenKey = (worker: number, i: number): string => `worker ${worker}, ${i}`;
