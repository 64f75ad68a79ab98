/**
 * Encodes values as documents: numbers, strings and plain containers here, everything else in encode-extension.ts.
 *
 * An encoder writes into memory of its own, which grows, and is used again and again: what it holds of a value is let
 * go when that is written. Getters of the value may encode other values meanwhile; encodeDocument sees to it that they
 * get another encoder, and that one which has thrown is not used again.
 */
import { MAX_BYTES, MAX_DEPTH, UNDEFINED } from './document-format.js';
import { circular, refused, tooDeep, tooLarge } from './document-refusal.js';
import { writeBigint, writeExotic } from './encode-extension.js';
import { textBytes, writeText } from './text.js';

/** Strings of so many characters are written without measuring them first: three bytes for each are made free. */
const LONGEST_UNMEASURED = 65_536;

/** Strings up to here have a head of one byte, if they are ASCII, and are written here and now. */
const LONGEST_INLINE = 31;

const doubles = new DataView(new ArrayBuffer(8));

export class DocumentEncoder {
  /** Its first `at` bytes are written. */
  bytes = new Uint8Array(1024);
  at = 0;
  /** The way to what is being written, for circles and for errors: see Way. */
  readonly containers: (object | undefined)[] = [];
  readonly keys: (string | number)[] = [];
  depth = 0;

  write(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.writeString(value);
      case 'number':
        return this.writeNumber(value);
      case 'object':
        return value === null ? this.writeByte(0xc0) : this.#writeObject(value);
      case 'boolean':
        return this.writeByte(value ? 0xc3 : 0xc2);
      case 'undefined':
        return this.writeHead(0xd4, UNDEFINED << 8, 2);
      case 'bigint':
        return writeBigint(this, value);
      default:
        throw refused(this, typeof value as 'function' | 'symbol');
    }
  }

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    if (needed > MAX_BYTES) throw tooLarge(this);
    const grown = new Uint8Array(Math.min(MAX_BYTES, Math.max(needed, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.at++] = byte;
  }

  /** A byte that says what follows, and a number of so many bytes. */
  writeHead(head: number, value: number, size: number): void {
    this.reserve(9);
    this.bytes[this.at++] = head;
    this.writeInteger(value, size);
  }

  /** Big-endian, in 1, 2, 4 or 8 bytes, and two's complement; there is room for it. */
  writeInteger(value: number, size: number): void {
    const { bytes } = this;
    let at = this.at;
    if (size === 8) {
      const high = Math.floor(value / 2 ** 32);
      bytes[at++] = high >> 24;
      bytes[at++] = high >> 16;
      bytes[at++] = high >> 8;
      bytes[at++] = high;
    }
    if (size >= 4) {
      bytes[at++] = value >> 24;
      bytes[at++] = value >> 16;
    }
    if (size >= 2) bytes[at++] = value >> 8;
    bytes[at++] = value;
    this.at = at;
  }

  writeNumber(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.writeDouble(value);
    if (value >= 0) {
      if (value < 0x80) this.writeByte(value);
      else if (value <= 0xff) this.writeHead(0xcc, value, 1);
      else if (value <= 0xffff) this.writeHead(0xcd, value, 2);
      else if (value <= 0xffffffff) this.writeHead(0xce, value, 4);
      else this.writeHead(0xcf, value, 8);
    } else if (value >= -0x20) this.writeByte(value & 0xff);
    else if (value >= -0x80) this.writeHead(0xd0, value, 1);
    else if (value >= -0x8000) this.writeHead(0xd1, value, 2);
    else if (value >= -0x80000000) this.writeHead(0xd2, value, 4);
    else this.writeHead(0xd3, value, 8);
  }

  writeDouble(value: number): void {
    this.reserve(9);
    doubles.setFloat64(0, value);
    this.bytes[this.at++] = 0xcb;
    for (let index = 0; index < 8; index++) this.bytes[this.at++] = doubles.getUint8(index);
  }

  writeString(text: string): void {
    const { length } = text;
    if (length > LONGEST_INLINE) return this.#writeLongString(text);
    this.reserve(1 + 3 * length);
    const { bytes, at } = this;
    let end = at + 1;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return this.#writeLongString(text);
      bytes[end++] = unit;
    }
    bytes[at] = 0xa0 | length;
    this.at = end;
  }

  /** The text is written behind a head for ASCII, and moved if it turns out to need a longer one. */
  #writeLongString(text: string): void {
    const most = text.length > LONGEST_UNMEASURED ? textBytes(text) : 3 * text.length;
    this.reserve(9 + most);
    const start = this.at;
    const guess = stringHeadSize(text.length);
    const size = writeText(text, this.bytes, start + guess);
    const headSize = stringHeadSize(size);
    if (headSize !== guess) this.bytes.copyWithin(start + headSize, start + guess, start + guess + size);
    if (headSize === 1) this.writeByte(0xa0 | size);
    else this.writeHead(0xd7 + headSize - (headSize === 5 ? 1 : 0), size, headSize - 1);
    this.at = start + headSize + size;
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(5 + bytes.length);
    const { length } = bytes;
    if (length <= 0xff) this.writeHead(0xc4, length, 1);
    else if (length <= 0xffff) this.writeHead(0xc5, length, 2);
    else this.writeHead(0xc6, length, 4);
    this.bytes.set(bytes, this.at);
    this.at += length;
  }

  writeExtension(type: number, payload: ArrayLike<number>): void {
    this.writeExtensionHead(type, payload.length);
    this.reserve(payload.length);
    this.bytes.set(payload, this.at);
    this.at += payload.length;
  }

  writeExtensionHead(type: number, size: number): void {
    if (size <= 16 && size > 0 && (size & (size - 1)) === 0) this.writeByte(0xd4 + 31 - Math.clz32(size));
    else if (size <= 0xff) this.writeHead(0xc7, size, 1);
    else if (size <= 0xffff) this.writeHead(0xc8, size, 2);
    else this.writeHead(0xc9, size, 4);
    this.writeByte(type & 0xff);
  }

  writeArrayHead(length: number): void {
    if (length < 16) this.writeByte(0x90 | length);
    else if (length <= 0xffff) this.writeHead(0xdc, length, 2);
    else this.writeHead(0xdd, length, 4);
  }

  /** Goes into a container; `leave` goes out. */
  enter(container: object): void {
    const { containers, depth } = this;
    for (let level = 0; level < depth; level++) if (containers[level] === container) throw circular(this, level);
    if (depth === MAX_DEPTH) throw tooDeep(this);
    containers[depth] = container;
    this.depth = depth + 1;
  }

  leave(): void {
    this.containers[--this.depth] = undefined;
  }

  #writeObject(value: object): void {
    if (Array.isArray(value)) return this.#writeArray(value, value.length);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.writeProperties(value, Object.keys(value));
    writeExotic(this, value);
  }

  /** Holes are undefined. The length is fixed before the first element is read, which may change it. */
  #writeArray(elements: readonly unknown[], length: number): void {
    if (length > MAX_BYTES) throw tooLarge(this);
    this.writeArrayHead(length);
    this.enter(elements);
    const level = this.depth - 1;
    for (let index = 0; index < length; index++) {
      this.keys[level] = index;
      this.write(elements[index]);
    }
    this.leave();
  }

  writeProperties(value: object, names: readonly string[]): void {
    if (names.length < 16) this.writeByte(0x80 | names.length);
    else if (names.length <= 0xffff) this.writeHead(0xde, names.length, 2);
    else this.writeHead(0xdf, names.length, 4);
    this.enter(value);
    const level = this.depth - 1;
    for (const name of names) {
      this.keys[level] = name;
      this.writeString(name);
      this.write((value as Record<string, unknown>)[name]);
    }
    this.leave();
  }
}

function stringHeadSize(size: number): number {
  if (size < 32) return 1;
  return size <= 0xff ? 2 : size <= 0xffff ? 3 : 5;
}
