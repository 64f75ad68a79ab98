/** Decodes extension types: dates and the profile's own. What it does not know, it refuses: no part is ever dropped. */
import { damaged, lacking, unknownExtension } from './document-damage.js';
import {
  ARRAY_BUFFER,
  BIGINT,
  DATA_VIEW,
  ELEMENT_NAMES,
  ELEMENTS,
  ERROR,
  MAP,
  REGEXP,
  SET,
  swapOnBigEndian,
  TIMESTAMP,
  UNDEFINED,
} from './document-format.js';
import type { DocumentDecoder } from './decode-document.js';

/** Reads a payload, from where the decoder is to its end; `start` is where the extension begins. */
export function readExtension(decoder: DocumentDecoder, type: number, start: number): unknown {
  switch (type) {
    case TIMESTAMP:
      return readDate(decoder, start);
    case UNDEFINED:
      if (decoder.end - decoder.at !== 1 || decoder.bytes[decoder.skip(1)] !== 0)
        throw damaged(start, 'undefined is one byte, 00');
      return undefined;
    case MAP:
      return readEntries(readParts(decoder, start), start);
    case SET:
      return new Set(readParts(decoder, start));
    case ELEMENTS:
      return readElements(decoder, start);
    case BIGINT:
      return readBigint(decoder, start);
    case REGEXP:
      return readRegExp(decoder, start);
    case ERROR:
      return readError(decoder, start);
    default:
      throw unknownExtension(start, type);
  }
}

/** The elements of the array that is the payload. */
function readParts(decoder: DocumentDecoder, start: number): unknown[] {
  const parts = decoder.readParts();
  if (!parts) throw damaged(start, 'an array should be inside');
  return parts;
}

function readEntries(parts: readonly unknown[], start: number): Map<unknown, unknown> {
  if (parts.length % 2 !== 0) throw damaged(start, 'a map has a key without a value');
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < parts.length; index += 2) map.set(parts[index], parts[index + 1]);
  return map;
}

function readStrings(decoder: DocumentDecoder, start: number): readonly [string, string] {
  const [first, second, ...more] = readParts(decoder, start);
  if (typeof first === 'string' && typeof second === 'string' && more.length === 0) return [first, second];
  throw damaged(start, 'two strings should be inside');
}

function readRegExp(decoder: DocumentDecoder, start: number): RegExp {
  const [source, flags] = readStrings(decoder, start);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw damaged(start, `this is not a regular expression here (${String(error)})`);
  }
}

const errors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** An error of the class of that name, if the language has it; else an Error that has the name. */
function readError(decoder: DocumentDecoder, start: number): Error {
  const [name, message] = readStrings(decoder, start);
  if (Object.hasOwn(errors, name)) return new errors[name as keyof typeof errors](message);
  const error = new Error(message);
  if (name !== 'Error') Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  return error;
}

/** MessagePack's times reach further than Date's, and are finer: what is less than a millisecond is left out. */
function readDate(decoder: DocumentDecoder, start: number): Date {
  const size = decoder.end - decoder.at;
  let nanoseconds = 0;
  let seconds: number;
  if (size === 4) {
    seconds = decoder.readUint32();
  } else if (size === 8) {
    const high = decoder.readUint32();
    nanoseconds = high >>> 2;
    seconds = (high & 3) * 2 ** 32 + decoder.readUint32();
  } else if (size === 12) {
    nanoseconds = decoder.readUint32();
    seconds = (decoder.readUint32() | 0) * 2 ** 32 + decoder.readUint32();
  } else {
    throw damaged(start, `a timestamp has 4, 8 or 12 bytes, not ${size}`);
  }
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000));
  if (nanoseconds > 999_999_999 || Number.isNaN(date.getTime())) throw damaged(start, 'no Date can hold this time');
  return date;
}

function readBigint(decoder: DocumentDecoder, start: number): bigint {
  const size = decoder.end - decoder.at;
  const payload = decoder.copy(size);
  const [sign = 2] = payload;
  if (sign > 1 || size < 2) throw damaged(start, 'a bigint is a byte of sign, 00 or 01, and at least one more');
  const digits: string[] = [];
  for (let index = size - 1; index > 0; index--) digits.push((payload[index] as number).toString(16).padStart(2, '0'));
  try {
    const magnitude = BigInt(`0x${digits.join('')}`);
    return sign === 1 ? -magnitude : magnitude;
  } catch {
    throw lacking(start, `bigint of ${size - 1} bytes`);
  }
}

type ElementsClass = { readonly BYTES_PER_ELEMENT: number } & (new (buffer: ArrayBuffer) => ArrayBufferView);

function readElements(decoder: DocumentDecoder, start: number): ArrayBufferView | ArrayBuffer {
  if (decoder.at === decoder.end) throw damaged(start, 'the type of the elements is missing');
  const code = decoder.bytes[decoder.skip(1)] as number;
  const copy = decoder.copy(decoder.end - decoder.at);
  if (code === ARRAY_BUFFER) return copy.buffer;
  if (code === DATA_VIEW) return new DataView(copy.buffer);
  const name = ELEMENT_NAMES[code];
  if (name === undefined) throw damaged(start, `there is no element type ${code}`);
  const Elements = (globalThis as unknown as Record<string, ElementsClass | undefined>)[name];
  if (!Elements) throw lacking(start, name);
  if (copy.length % Elements.BYTES_PER_ELEMENT !== 0)
    throw damaged(start, `${copy.length} bytes are no whole number of elements of ${name}`);
  swapOnBigEndian(copy, Elements.BYTES_PER_ELEMENT);
  return new Elements(copy.buffer);
}
