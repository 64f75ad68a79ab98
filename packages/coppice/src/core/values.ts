// Keys and values: from what a program has to kinds and bytes in the memory, and back (docs/formats/values.md).
//
// The hot cases, short ASCII strings and numbers, are dealt with here; the rest is in text.ts and document.ts. Nothing of
// a value that was read refers to the memory or to another value, so that changing it changes nothing else.

import { decodeDocument, encodeDocument } from './document.js';
import { BLOB, Exchange, INPUT_BYTES, Kind } from './exchange.js';
import { failed, type Space } from './space.js';
import { readAscii, readText, textBytes, writeText } from './text.js';

/** What may be a key of a map or an element of a set. `1` and `"1"` differ; bytes are compared by content. */
export type Key = string | number | boolean | bigint | null | Uint8Array;

/** Which values a collection takes. */
export type ValueType = 'any' | 'string' | 'number' | 'boolean' | 'object';

/** The values of each type. */
export interface ValueTypes {
  any: unknown;
  string: string;
  number: number;
  boolean: boolean;
  object: object | null;
}

const LEAST_INT64 = -(2n ** 63n);
const GREATEST_INT64 = 2n ** 63n - 1n;
const GREATEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** What a thing is, for messages. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
  }
  if (typeof value === 'undefined') return 'undefined';
  return `a ${typeof value}`;
}

/** Bytes put at an address: in the input if they fit behind `at`, else in a node of their own. Returns the kind. */
function putBytes(space: Space, bytes: Uint8Array, at: number, kind: number): number {
  const { length } = bytes;
  if (at + length <= INPUT_BYTES) {
    space.u8.set(bytes, space.input + at);
    space.valueSize = length;
    return kind;
  }
  const data = blob(space, length, at);
  space.u8.set(bytes, data);
  return kind | BLOB;
}

/** A node for so many bytes, its ref in the input; returns where they go. */
function blob(space: Space, length: number, at: number): number {
  const ref = space.x.blob(space.area, length);
  if (ref === 0) throw failed(space);
  space.fresh();
  const data = space.i32[space.replyData] ?? 0;
  space.reach((data >>> 0) + length);
  const input = space.input + at;
  for (let i = 0; i < 4; i++) space.u8[input + i] = ref >>> (8 * i);
  space.valueSize = 4;
  return data >>> 0;
}

/** A string of any length and content. */
function putText(space: Space, text: string, at: number): number {
  const free = INPUT_BYTES - at;
  if (text.length * 3 <= free) {
    const size = writeText(text, space.u8, space.input + at);
    space.valueSize = size;
    return size === text.length ? Kind.ascii : Kind.wtf8;
  }
  const size = textBytes(text);
  const kind = size === text.length ? Kind.ascii : Kind.wtf8;
  if (size <= free) {
    writeText(text, space.u8, space.input + at);
    space.valueSize = size;
    return kind;
  }
  const data = blob(space, size, at);
  writeText(text, space.u8, data);
  return kind | BLOB;
}

/** Puts a string at an offset of the input; its bytes are counted in `valueSize`. */
function putString(space: Space, text: string, at: number): number {
  const { length } = text;
  if (length <= 24 && at + length <= INPUT_BYTES) {
    const { u8 } = space;
    const to = space.input + at;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return putText(space, text, at);
      u8[to + i] = unit;
    }
    space.valueSize = length;
    return Kind.ascii;
  }
  return putText(space, text, at);
}

function bigintBytes(value: bigint): Uint8Array {
  const bytes = [value < 0n ? 1 : 0];
  let rest = value < 0n ? -value : value;
  do {
    bytes.push(Number(rest & 255n));
    rest >>= 8n;
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function readBigint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i > 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return bytes[0] === 1 ? -value : value;
}

function putBigint(space: Space, value: bigint, at: number): number {
  const isInt64 = value >= LEAST_INT64 && value <= GREATEST_INT64;
  const isSafe = value >= -GREATEST_SAFE && value <= GREATEST_SAFE;
  if (!isInt64 || isSafe) return putBytes(space, bigintBytes(value), at, Kind.bigint);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return putBytes(space, bytes, at, Kind.int64);
}

/** A simple value of any collection; -1 where it is none. */
function putSimple(space: Space, value: unknown, at: number): number {
  switch (typeof value) {
    case 'string':
      return putString(space, value, at);
    case 'number':
      space.valueSize = 0;
      space.valueNumber = value;
      return Kind.number;
    case 'boolean':
      space.valueSize = 0;
      return value ? Kind.true : Kind.false;
    case 'bigint':
      return putBigint(space, value, at);
    default:
      if (value === null) {
        space.valueSize = 0;
        return Kind.null;
      }
      return value instanceof Uint8Array ? putBytes(space, value, at, Kind.bytes) : -1;
  }
}

/** Packs a key of up to eight ASCII characters into `low` and `high`, so that nothing is written for it; false: it is none. */
export function packKey(space: Space, key: Key): boolean {
  if (typeof key !== 'string') return false;
  const { length } = key;
  if (length > 8) return false;
  let low = 0;
  let high = 0;
  let all = 0;
  const first = length < 4 ? length : 4;
  for (let i = 0; i < first; i++) {
    const unit = key.charCodeAt(i);
    all |= unit;
    low |= unit << (8 * i);
  }
  for (let i = 4; i < length; i++) {
    const unit = key.charCodeAt(i);
    all |= unit;
    high |= unit << (8 * (i - 4));
  }
  space.low = low;
  space.high = high;
  return all < 0x80;
}

/** Puts a key at the input. Returns its kind; `keySize` and `keyNumber` have the rest. */
export function putKey(space: Space, key: Key): number {
  space.fresh();
  const kind = putSimple(space, key, 0);
  if (kind === -1) {
    throw new TypeError(
      `coppice: a key is ${describe(key)}; keys are strings, numbers, booleans, bigints, null and Uint8Array`,
    );
  }
  space.keySize = space.valueSize;
  space.keyNumber = space.valueNumber;
  return kind;
}

/** Puts a value behind the key that was put last. Returns its kind. */
export type PutValue = (space: Space, value: unknown) => number;

/** A value as it is stored. */
class RawValue {
  readonly kind: number;
  readonly bytes: Uint8Array;
  constructor(kind: number, bytes: Uint8Array) {
    this.kind = kind;
    this.bytes = bytes;
  }
}

/**
 * A value that can be put without running any code of the program: to encode an object calls its getters, which may use
 * and change every collection. So whoever puts it asks for this first, before anything is put or looked up.
 */
export function encoded(type: ValueType, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof RawValue) {
    return value;
  }
  return type === 'any' || type === 'object' ? new RawValue(Kind.document, encodeDocument(value)) : value;
}

function wrongType(type: ValueType, value: unknown): never {
  const hint = type === 'object' ? 'an object or null' : `a ${type}`;
  throw new TypeError(
    `coppice: a value is ${describe(value)}, but the collection was made for type '${type}'; give ${hint}, or make the ` +
      "collection with type 'any'",
  );
}

function putAny(space: Space, value: unknown): number {
  const at = space.keySize;
  const kind = putSimple(space, value, at);
  if (kind !== -1) return kind;
  if (value === undefined) {
    throw new TypeError('coppice: a value is undefined, which means that there is none; store null, or delete the key');
  }
  return value instanceof RawValue
    ? putBytes(space, value.bytes, at, value.kind)
    : putBytes(space, encodeDocument(value), at, Kind.document);
}

/** How values of each type are put. */
export const putValueOf: Record<ValueType, PutValue> = {
  any: putAny,
  string: (space, value) =>
    typeof value === 'string' ? putString(space, value, space.keySize) : wrongType('string', value),
  number: (space, value) => {
    if (typeof value !== 'number') wrongType('number', value);
    space.valueSize = 0;
    space.valueNumber = value;
    return Kind.number;
  },
  boolean: (space, value) => {
    if (typeof value !== 'boolean') wrongType('boolean', value);
    space.valueSize = 0;
    return value ? Kind.true : Kind.false;
  },
  object: (space, value) => {
    if (typeof value !== 'object') {
      if (typeof value === 'function' || typeof value === 'symbol') encodeDocument(value);
      wrongType('object', value);
    }
    return putAny(space, value);
  },
};

/** The value or key of a kind that lies at an address. */
export function readAt(space: Space, kind: number, at: number, size: number): unknown {
  space.reach(at + size);
  const { u8 } = space;
  switch (kind & ~BLOB) {
    case Kind.ascii:
      return readAscii(u8, at, size);
    case Kind.wtf8:
      return readText(u8, at, size);
    case Kind.null:
      return null;
    case Kind.false:
      return false;
    case Kind.true:
      return true;
    case Kind.bytes:
      return u8.slice(at, at + size);
    case Kind.document:
      return decodeDocument(u8, false, at, size);
    case Kind.bigint:
      return readBigint(u8.subarray(at, at + size));
    case Kind.int64:
      return new DataView(u8.buffer).getBigInt64(at, true);
    default:
      throw new Error(`coppice: a value has the kind ${kind}, which this version of the library does not know`);
  }
}

/** The value that the last call answered with, of this kind. */
export function readReply(space: Space, kind: number): unknown {
  space.fresh();
  if (kind === Kind.number) return space.f64[space.replyNumber];
  const at = (space.i32[space.replyData] ?? 0) >>> 0;
  return readAt(space, kind, at, (space.i32[space.replySize] ?? 0) >>> 0);
}

/** The value that the last change replaced, as a PutValue takes it. */
export function oldValue(space: Space): unknown {
  space.fresh();
  const kind = space.i32[(space.exchange + Exchange.replyKind) / 4] as number;
  if (kind !== Kind.document && kind !== Kind.bytes && kind !== Kind.int64) return readReply(space, kind);
  const at = space.i32[space.replyData] as number;
  return new RawValue(kind, space.u8.slice(at, at + (space.i32[space.replySize] as number)));
}
