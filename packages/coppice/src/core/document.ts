/**
 * Documents: values that are more than a number, string, boolean, null or Uint8Array, as MessagePack in the profile of
 * docs/formats/values.md, section 6. Every document stands for itself, and the same value always makes the same bytes:
 * a store compares bytes.
 *
 * What goes in is taken as structuredClone would take it, save that a document is a tree: of an object its own
 * enumerable properties with string keys, in their order, whatever its class, and toJSON is not asked; a hole in an
 * array is undefined; an array's other properties, and of an Error what is neither name nor message, are left out. An
 * object that occurs twice is written twice.
 *
 * What comes out: plain objects, arrays, strings, numbers, booleans, null and undefined, bigints, Date, Map, Set,
 * Uint8Array and other typed arrays, ArrayBuffer, DataView, RegExp and Error. Of what other programs write, a map all
 * of whose keys are strings is an object, any other a Map; a float 32 is the number that it is exactly; of a time, what
 * is finer than a millisecond is left out. Keys that came more than once have the last value.
 */
import { DocumentDecoder } from './decode-document.js';
import { trailing } from './document-damage.js';
import { DocumentEncoder } from './encode-document.js';

/** An encoder keeps its memory between calls unless a large value made it grow past this. */
const MOST_KEPT_BYTES = 2 ** 20;

/** Not there while it encodes: a getter may call for another; nor after it has thrown, half way through a value. */
let idle: DocumentEncoder | undefined;

/**
 * The document of a value.
 *
 * Throws a TypeError that names what has no encoding and where it is (functions, symbols, circles, WeakMap and the
 * like), and a RangeError for what is nested deeper than 512 levels or takes more than 2^30 bytes.
 *
 * @example
 * ```ts
 * encodeDocument({ a: 1 }); // 81 a1 61 01
 * encodeDocument({ users: [{ name: 'Ada', onLogin() {} }] });
 * // TypeError: cannot store the value: value.users[0].onLogin is a function; ...
 * ```
 */
export function encodeDocument(value: unknown): Uint8Array<ArrayBuffer> {
  const encoder = idle ?? new DocumentEncoder();
  idle = undefined;
  encoder.at = 0;
  encoder.write(value);
  const document = encoder.bytes.slice(0, encoder.at);
  if (encoder.bytes.length <= MOST_KEPT_BYTES) idle = encoder;
  return document;
}

/**
 * The value of a document, which is fresh and holds no view of the bytes: they may lie in shared memory and be used
 * again. With `freeze`, objects and arrays in it are frozen, at every level; the rest cannot be.
 *
 * The document is the `size` bytes from `at`, all of `bytes` if not given. Throws an Error that says at which byte if
 * they are not one document, whole and with nothing after it.
 *
 * @example
 * ```ts
 * decodeDocument(Uint8Array.of(0x81, 0xa1, 0x61, 0x01)); // { a: 1 }
 * decodeDocument(Uint8Array.of(0x92, 0x01)); // Error: cannot read the document: byte 1: ...
 * ```
 */
export function decodeDocument(bytes: Uint8Array, freeze = false, at = 0, size = bytes.length - at): unknown {
  if (!(at >= 0 && size >= 0 && at + size <= bytes.length)) {
    throw new RangeError(
      `cannot read the document: bytes ${at} to ${at + size} are not within the ${bytes.length} given; ` +
        'pass the view that holds them',
    );
  }
  const decoder = new DocumentDecoder(bytes, at, at + size, freeze);
  const value = decoder.read();
  if (decoder.at !== at + size) throw trailing(decoder.at, at + size - decoder.at);
  return value;
}
