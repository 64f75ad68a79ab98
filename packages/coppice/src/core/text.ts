/**
 * Text between JavaScript strings and WTF-8: UTF-8 in which a surrogate without its partner takes the three bytes that
 * its number would have, so that every string, well-formed or not, has one encoding and comes back as it was
 * (docs/formats/values.md, section 5).
 *
 * Source and target may lie in shared memory, which the TextEncoder and TextDecoder of browsers refuse. Short texts go
 * through loops; long ones through the methods of Node's Buffer, which take shared memory as it is, or where there is
 * no Buffer, through private scratch memory. All of these replace lone surrogates by U+FFFD; so what is not
 * well-formed, and what reads as U+FFFD, takes a loop at any length.
 *
 * Measured under Node 20, ns for a text of 8, 16, 40, 100 and 100,000 characters in shared memory:
 *
 *   read ASCII                                8    16    40   100   100,000
 *   fromCharCode of all bytes at once        21    39
 *   fromCharCode of 8 at a time, joined      20    64   122   277
 *   fromCharCode.apply of an array           55    76   121   315
 *   scratch and TextDecoder                 146   143   153   170    33,600
 *   Buffer's latin1Slice                     62    62    62    65     2,700
 *
 *   write ASCII                               8    16    40   100   100,000
 *   charCodeAt and a store each              23    28    67   165   164,000
 *   encodeInto scratch, copied               63    71    98   127    29,500
 *   Buffer's utf8Write                       62    64    64    68     5,500
 *
 * Text that is not ASCII is read faster by a loop into 16-bit units than by Buffer or TextDecoder: 1,000 characters of
 * two bytes take 2,600 ns with Buffer's ucs2Slice for the units and 5,900 with fromCharCode.apply; utf8Slice takes
 * 8,100.
 */

import { countBytes, isPairAt, isWellFormed, readUnits, writeUnits } from './wtf8.js';

/**
 * What depends on the runtime: texts that are too long for loops. Room has been checked, and that a text is
 * well-formed.
 */
interface LongText {
  readonly bytes: (text: string) => number;
  readonly ascii: (text: string) => boolean;
  readonly write: (text: string, to: Uint8Array, at: number) => number;
  readonly readAscii: (from: Uint8Array, at: number, size: number) => string;
  /** With U+FFFD for lone surrogates and for whatever else is not UTF-8. */
  readonly readUtf8: (from: Uint8Array, at: number, size: number) => string;
  /** The string of the first units of an array. */
  readonly join: (units: Uint16Array, count: number) => string;
}

/** Up to here a loop is faster than a call out of JavaScript. */
const LONGEST_LOOPED_COUNT = 10;
const LONGEST_LOOPED_WRITE = 32;
const LONGEST_UNROLLED_READ = 12;

/** Text whose first bytes are ASCII is taken for ASCII, most of it, and given to the runtime. */
const SAMPLE = 32;

/**
 * The number of bytes of a string as WTF-8.
 *
 * @example
 * ```ts
 * textBytes('az'); // 2
 * textBytes('\u{1F333}'); // 4
 * textBytes('\uD800'); // 3
 * ```
 */
export function textBytes(text: string): number {
  return text.length > LONGEST_LOOPED_COUNT ? long.bytes(text) : countBytes(text);
}

/**
 * Whether no character is above U+007F, so that characters and bytes are the same.
 *
 * @example
 * ```ts
 * isAscii('az'); // true
 * isAscii('\u00E9'); // false
 * ```
 */
export function isAscii(text: string): boolean {
  if (text.length > LONGEST_LOOPED_COUNT) return long.ascii(text);
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/**
 * Writes a string as WTF-8 and returns the number of bytes, or -1 if they do not fit, and then writes none.
 *
 * @example
 * ```ts
 * const to = new Uint8Array(4);
 * writeText('\u00E9', to, 1); // 2: to is 00 c3 a9 00
 * writeText('aaaaa', to, 0); // -1
 * ```
 */
export function writeText(text: string, to: Uint8Array, at: number): number {
  const { length } = text;
  if (at + 3 * length > to.length && at + textBytes(text) > to.length) return -1;
  if (length > LONGEST_LOOPED_WRITE && isWellFormed(text)) return long.write(text, to, at);
  return writeUnits(text, to, at);
}

/**
 * The string whose characters are these bytes, all of them below 0x80.
 *
 * @example
 * ```ts
 * readAscii(Uint8Array.of(0x61, 0x7a), 0, 2); // 'az'
 * ```
 */
export function readAscii(from: Uint8Array, at: number, size: number): string {
  checkRange(from, at, size);
  return size > LONGEST_UNROLLED_READ ? long.readAscii(from, at, size) : readUnrolled(from, at, size);
}

/**
 * The string that these bytes of WTF-8 stand for: the inverse of `writeText`. What is not WTF-8 reads as U+FFFD, as
 * many of them as TextDecoder would give.
 *
 * @example
 * ```ts
 * readText(Uint8Array.of(0xc3, 0xa9), 0, 2); // '\u00E9'
 * readText(Uint8Array.of(0xff), 0, 1); // '\uFFFD'
 * ```
 */
export function readText(from: Uint8Array, at: number, size: number): string {
  checkRange(from, at, size);
  const end = at + size;
  const sampled = Math.min(end, at + SAMPLE);
  for (let index = at; index < sampled; index++) if ((from[index] as number) > 0x7f) return readAny(from, at, end);
  if (size <= LONGEST_UNROLLED_READ) return readUnrolled(from, at, size);
  const text = long.readUtf8(from, at, size);
  return size > SAMPLE && text.includes('\uFFFD') ? readAny(from, at, end) : text;
}

/** Bytes outside would read as zeros: silently wrong where, say, a memory has grown and its old views are empty. */
function checkRange(from: Uint8Array, at: number, size: number): void {
  if (at >= 0 && size >= 0 && at + size <= from.length) return;
  throw new RangeError(
    `cannot read text: bytes ${at} to ${at + size} are not within the ${from.length} given; pass the view that holds them`,
  );
}

const { fromCharCode } = String;

/** One call makes one flat string; joined characters would make a rope of them, which the first look-up flattens. */
function readUnrolled(from: Uint8Array, at: number, size: number): string {
  if (size === 0) return '';
  const a = from[at] as number;
  if (size === 1) return fromCharCode(a);
  const b = from[at + 1] as number;
  if (size === 2) return fromCharCode(a, b);
  const c = from[at + 2] as number;
  if (size === 3) return fromCharCode(a, b, c);
  const d = from[at + 3] as number;
  if (size === 4) return fromCharCode(a, b, c, d);
  const e = from[at + 4] as number;
  if (size === 5) return fromCharCode(a, b, c, d, e);
  const f = from[at + 5] as number;
  if (size === 6) return fromCharCode(a, b, c, d, e, f);
  const g = from[at + 6] as number;
  if (size === 7) return fromCharCode(a, b, c, d, e, f, g);
  const h = from[at + 7] as number;
  if (size === 8) return fromCharCode(a, b, c, d, e, f, g, h);
  const i = from[at + 8] as number;
  if (size === 9) return fromCharCode(a, b, c, d, e, f, g, h, i);
  const j = from[at + 9] as number;
  if (size === 10) return fromCharCode(a, b, c, d, e, f, g, h, i, j);
  const k = from[at + 10] as number;
  if (size === 11) return fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
  return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, from[at + 11] as number);
}

/** Bytes never make more units than they are. */
const unitScratch = new Uint16Array(4096);
const unitScratchBytes = new Uint8Array(unitScratch.buffer);

function readAny(from: Uint8Array, at: number, end: number): string {
  const units = end - at > unitScratch.length ? new Uint16Array(end - at) : unitScratch;
  return long.join(units, readUnits(from, at, end, units));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const notAscii = /[^\0-\x7f]/;

/** Characters that are encoded at a time. Each takes at most three bytes of scratch. */
const CHUNK = 8192;
const scratch = new Uint8Array(3 * CHUNK);

/** Needs nothing but what the Encoding Standard gives. */
const portable: LongText = {
  bytes: countBytes,
  ascii: (text) => !notAscii.test(text),
  write(text, to, at) {
    let end = at;
    for (let index = 0; index < text.length;) {
      const next = isPairAt(text, index + CHUNK - 1) ? index + CHUNK - 1 : index + CHUNK;
      const { written } = encoder.encodeInto(text.slice(index, next), scratch);
      to.set(scratch.subarray(0, written), end);
      end += written;
      index = next;
    }
    return end - at;
  },
  readAscii(from, at, size) {
    if (size > 40) return portable.readUtf8(from, at, size);
    const units = new Array<number>(size);
    for (let index = 0; index < size; index++) units[index] = from[at + index] as number;
    return fromCharCode(...units);
  },
  readUtf8(from, at, size) {
    const copy = size > scratch.length ? new Uint8Array(size) : scratch;
    copy.set(from.subarray(at, at + size));
    return decoder.decode(copy.subarray(0, size));
  },
  join(units, count) {
    let text = '';
    for (let at = 0; at < count; at += 4096) {
      // Not spread: the iterator of a typed array makes that six times slower.
      text += Reflect.apply(fromCharCode, null, units.subarray(at, Math.min(at + 4096, count))) as string;
    }
    return text;
  },
};

/** The methods of Node's Buffer that work on any Uint8Array. */
interface BufferLike {
  byteLength(text: string): number;
  readonly prototype: {
    readonly utf8Write?: (this: Uint8Array, text: string, at: number, size: number) => number;
    readonly latin1Slice?: Slice;
    readonly utf8Slice?: Slice;
    readonly ucs2Slice?: Slice;
  };
}

type Slice = (this: Uint8Array, at: number, end: number) => string;

/** Through globalThis, so that no bundler puts a Buffer of its own into a page. */
function overBuffer(): LongText | undefined {
  const Found = (globalThis as { Buffer?: BufferLike }).Buffer;
  const { utf8Write, latin1Slice, utf8Slice, ucs2Slice } = Found?.prototype ?? {};
  if (!Found || !utf8Write || !latin1Slice || !utf8Slice || !ucs2Slice) return undefined;
  const found: LongText = {
    bytes: (text) => Found.byteLength(text),
    ascii: (text) => Found.byteLength(text) === text.length,
    write: (text, to, at) => utf8Write.call(to, text, at, to.length - at),
    readAscii: (from, at, size) => latin1Slice.call(from, at, at + size),
    readUtf8: (from, at, size) => utf8Slice.call(from, at, at + size),
    join(units, count) {
      const bytes = units === unitScratch ? unitScratchBytes : new Uint8Array(units.buffer);
      return ucs2Slice.call(bytes, 0, 2 * count);
    },
  };
  return isSound(found) ? found : undefined;
}

/** None of these methods is in Node's documentation, and joining takes units to be little-endian. */
function isSound({ write, readAscii, readUtf8, join }: LongText): boolean {
  const bytes = typeof SharedArrayBuffer === 'undefined' ? new Uint8Array(8) : new Uint8Array(new SharedArrayBuffer(8));
  try {
    if (write('a\u00E9\u6728', bytes, 1) !== 6 || readUtf8(bytes, 2, 5) !== '\u00E9\u6728') return false;
    return readAscii(bytes, 1, 1) === 'a' && join(Uint16Array.of(0xd800, 0x61), 2) === '\uD800a';
  } catch {
    return false;
  }
}

let long = overBuffer() ?? portable;

/**
 * Runs something as if the runtime had no Buffer: for tests.
 *
 * @internal
 */
export function withoutBuffer<Result>(run: () => Result): Result {
  const before = long;
  long = portable;
  try {
    return run();
  } finally {
    long = before;
  }
}
