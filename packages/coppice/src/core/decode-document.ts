/**
 * Decodes documents: any MessagePack, with the extensions of the profile (decode-extension.ts).
 *
 * The bytes may be damaged or hostile, and may lie in shared memory. Every length is held against the bytes that are
 * left before anything is made of it; arrays grow as they are read; nesting has a limit. What is returned holds no view
 * of the bytes.
 */
import { cutShort, damaged, tooDeep } from './document-damage.js';
import { MAX_DEPTH } from './document-format.js';
import { readExtension } from './decode-extension.js';
import { readKey } from './key-cache.js';
import { readText } from './text.js';

const doubles = new DataView(new ArrayBuffer(8));

export class DocumentDecoder {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  at: number;
  /** Where the document, or the extension that is being read, ends. */
  end: number;
  readonly #freeze: boolean;
  #depth = 0;

  constructor(bytes: Uint8Array, at: number, end: number, freeze: boolean) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#freeze = freeze;
  }

  read(): unknown {
    const head = this.#take(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#readMap(head & 0x0f);
    if (head < 0xa0) return this.#readArray(head & 0x0f);
    if (head < 0xc0) return this.#readString(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.copy(this.#take(1 << (head - 0xc4)));
      case 0xca:
        return this.#readFloat();
      case 0xcb:
        return this.#readDouble();
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#readString(this.#take(1 << (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#readArray(this.#take(2 << (head - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#readMap(this.#take(2 << (head - 0xde)));
      case 0xc1:
        throw damaged(this.at - 1, 'the byte c1 begins nothing in MessagePack');
      default:
        return head >= 0xcc && head <= 0xd3 ? this.#readInteger(head) : this.#readExtension(head);
    }
  }

  /** An unsigned integer of 1, 2 or 4 bytes. */
  #take(size: number): number {
    const { bytes, at } = this;
    if (at + size > this.end) throw cutShort(at, size, this.end);
    this.at = at + size;
    const first = bytes[at] as number;
    if (size === 1) return first;
    const second = (first << 8) | (bytes[at + 1] as number);
    if (size === 2) return second;
    return second * 0x10000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
  }

  readUint32(): number {
    return this.#take(4);
  }

  /** Passes over so many bytes and returns where they begin. */
  skip(size: number): number {
    const { at } = this;
    if (at + size > this.end) throw cutShort(at, size, this.end);
    this.at = at + size;
    return at;
  }

  #readInteger(head: number): number | bigint {
    if (head === 0xcf || head === 0xd3) return this.#readLong(head === 0xd3);
    if (head < 0xcf) return this.#take(1 << (head - 0xcc));
    const size = 1 << (head - 0xd0);
    const shift = 32 - 8 * size;
    return (this.#take(size) << shift) >> shift;
  }

  #readLong(signed: boolean): number | bigint {
    const unsigned = this.#take(4);
    const high = signed ? unsigned | 0 : unsigned;
    const low = this.#take(4);
    const sum = high * 2 ** 32 + low;
    return Number.isSafeInteger(sum) ? sum : (BigInt(high) << 32n) + BigInt(low);
  }

  #readFloat(): number {
    doubles.setUint32(0, this.#take(4));
    return doubles.getFloat32(0);
  }

  #readDouble(): number {
    const { bytes } = this;
    const at = this.skip(8);
    for (let index = 0; index < 8; index++) doubles.setUint8(index, bytes[at + index] as number);
    return doubles.getFloat64(0);
  }

  #readString(size: number): string {
    return readText(this.bytes, this.skip(size), size);
  }

  /** A copy of the next bytes, in memory of its own. */
  copy(size: number): Uint8Array<ArrayBuffer> {
    const at = this.skip(size);
    const copy = new Uint8Array(size);
    copy.set(this.bytes.subarray(at, at + size));
    return copy;
  }

  /** Each element takes a byte at least: more of them than bytes are a lie, and memory is not asked for in advance. */
  #enter(count: number, bytesEach: number): void {
    if (count * bytesEach > this.end - this.at) throw cutShort(this.at, count * bytesEach, this.end);
    if (++this.#depth > MAX_DEPTH) throw tooDeep(this.at);
  }

  #readElements(count: number): unknown[] {
    this.#enter(count, 1);
    const elements: unknown[] = [];
    for (let index = 0; index < count; index++) elements.push(this.read());
    this.#depth--;
    return elements;
  }

  #readArray(count: number): unknown {
    const elements = this.#readElements(count);
    return this.#freeze ? Object.freeze(elements) : elements;
  }

  /** The elements of the array that comes next, or undefined if something else does. */
  readParts(): unknown[] | undefined {
    const head = this.#take(1);
    if ((head & 0xf0) === 0x90) return this.#readElements(head & 0x0f);
    return head === 0xdc || head === 0xdd ? this.#readElements(this.#take(2 << (head - 0xdc))) : undefined;
  }

  #readMap(count: number): unknown {
    this.#enter(count, 2);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < count; index++) {
      const key = this.#readName();
      if (key === undefined) return this.#readMixedMap(new Map(Object.entries(object)), count - index);
      const value = this.read();
      if (key === '__proto__') define(object, key, value);
      else object[key] = value;
    }
    this.#depth--;
    return this.#freeze ? Object.freeze(object) : object;
  }

  /** The string that comes next, or undefined if something else does, which is left unread. */
  #readName(): string | undefined {
    const head = this.at < this.end ? (this.bytes[this.at] as number) : 0;
    if (head < 0xa0 || (head > 0xbf && head < 0xd9) || head > 0xdb) return undefined;
    this.at++;
    const size = head < 0xc0 ? head & 0x1f : this.#take(1 << (head - 0xd9));
    return readKey(this.bytes, this.skip(size), size);
  }

  /** Another program's map with keys that are not strings. */
  #readMixedMap(map: Map<unknown, unknown>, count: number): Map<unknown, unknown> {
    for (let index = 0; index < count; index++) {
      const key = this.read();
      map.set(key, this.read());
    }
    this.#depth--;
    return map;
  }

  #readExtension(head: number): unknown {
    const start = this.at - 1;
    const size = head < 0xd0 ? this.#take(1 << (head - 0xc7)) : 1 << (head - 0xd4);
    const type = (this.#take(1) << 24) >> 24;
    const outerEnd = this.end;
    const payload = this.skip(size);
    this.at = payload;
    this.end = payload + size;
    const value = readExtension(this, type, start);
    if (this.at !== this.end) throw damaged(start, `extension ${type} has ${this.end - this.at} bytes too many`);
    this.end = outerEnd;
    return value;
  }
}

/** Assigned, this name would change the prototype. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
