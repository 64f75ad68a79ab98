/**
 * The numbers of the document format (docs/formats/values.md, section 6) that encoder and decoder share: extension
 * types, element types and limits.
 */

/** Extension types. Negative ones are MessagePack's, 0 to 15 Coppice's. */
export const TIMESTAMP = -1;
export const UNDEFINED = 0;
export const MAP = 1;
export const SET = 2;
export const ELEMENTS = 3;
export const BIGINT = 4;
export const REGEXP = 5;
export const ERROR = 6;

/** Element types of extension 3 that are not typed arrays. */
export const ARRAY_BUFFER = 16;
export const DATA_VIEW = 17;

/** Typed arrays by the code of their elements; Uint8Array is `bin` and has none. Not every runtime has each of them. */
export const ELEMENT_NAMES: readonly (string | undefined)[] = [
  'Int8Array',
  undefined,
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
];

/**
 * How many objects, arrays, maps and sets may lie one within another, in both directions. Under Node 20 before it is
 * optimized, code takes 550 bytes of stack for an object in an object and 850 for a map in a map; so this many fit into
 * half of the 984 KB that a thread of Node or Chromium has, and leave the rest to the caller. JSON readers of other
 * languages stop at 64 to 1,000; data that is deeper is nearly always a list linked by its elements, which an array
 * holds better.
 */
export const MAX_DEPTH = 512;

/** The most bytes of a value (values.md, section 2). */
export const MAX_BYTES = 2 ** 30;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns elements of so many bytes from the order of this machine to little-endian, or back. */
export function swapOnBigEndian(bytes: Uint8Array, elementSize: number, isLittle = isLittleEndian): void {
  if (isLittle || elementSize === 1) return;
  for (let at = 0; at < bytes.length; at += elementSize) bytes.subarray(at, at + elementSize).reverse();
}
