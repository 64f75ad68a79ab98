// Where a program and its worker's heap hand each other keys, values and answers: offsets in `exchange` of
// src/worker/exchange.hpp, and the kinds of docs/formats/values.md. A test compares the offsets with the module's.

/** Kinds of keys and values, as they are stored. */
export const Kind = {
  null: 0,
  false: 1,
  true: 2,
  int64: 3,
  float64: 4,
  ascii: 5,
  wtf8: 6,
  bytes: 7,
  document: 8,
  bigint: 9,
  /** A number, given or answered as a double. */
  number: 0x1e,
  /** In a batch: a number that is an integer of 32 bits. */
  small: 0x1d,
} as const;

/** Beside a kind: the bytes lie in a node of their own (given), or are too many for the text of a batch (answered). */
export const BLOB = 0x20;

/** Offsets in the exchange area. */
export const Exchange = {
  replyNumber: 0,
  replyData: 8,
  replySize: 12,
  replyKind: 16,
  batchCount: 24,
  batchTextSize: 28,
  batchKinds: 32,
  batchParts: 1056,
  batchText: 9248,
  input: 42016,
  old: 107552,
} as const;

/** Bytes that `input` holds. */
export const INPUT_BYTES = 64 * 1024;
/** Entries that a batch holds. */
export const BATCH_ENTRIES = 512;

/** What a change came to. */
export const Status = {
  unchanged: 0,
  inserted: 1,
  replaced: 2,
  erased: 3,
  outOfSpace: 4,
  needsFork: 5,
} as const;
