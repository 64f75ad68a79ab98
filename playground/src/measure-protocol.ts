// What the page and the worker that measures tell each other.

export const SIDES = ['coppice', 'immutable'] as const;
export type Side = (typeof SIDES)[number];

export const CASES = {
  set: 'set, new key',
  set_existing: 'set, known key',
  get: 'get',
  has: 'has',
  delete: 'delete',
  for_of: 'for ... of',
  for_each: 'forEach',
} as const;
export type Case = keyof typeof CASES;

/** Nanoseconds an operation, of each side the median of the rounds. */
export interface Row {
  readonly name: Case;
  readonly entries: number;
  readonly medians: Readonly<Record<Side, number>>;
}

export type ToMeasurer = { readonly sizes: readonly number[] };
export type FromMeasurer =
  | { readonly kind: 'round'; readonly entries: number; readonly round: number; readonly rounds: number }
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  /** With the sum of all that was read, so that nothing could be left out. */
  | { readonly kind: 'end'; readonly sum: number };
