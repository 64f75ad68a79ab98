/**
 * Encodes what MessagePack has no format of its own for, and class instances.
 *
 * What an object is, is found out by its internal slots, as structuredClone does: neither another realm (a frame, a vm
 * context) nor a subclass nor a misleading Symbol.toStringTag changes it.
 */
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
} from './document-format.js';
import { refused, refusedClass } from './document-refusal.js';
import type { DocumentEncoder } from './encode-document.js';

/** The size of most heads. */
const EXTENSION_GUESS = 3;

/** Looks into the slot that a getter of the language shows; it throws, or gives undefined, if there is none. */
function slot(prototype: object, name: string | symbol): (value: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  return (value) => descriptor?.get?.call(value) as unknown;
}

const elementName = slot(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);
const slots = {
  Map: slot(Map.prototype, 'size'),
  Set: slot(Set.prototype, 'size'),
  RegExp: slot(RegExp.prototype, 'source'),
  ArrayBuffer: slot(ArrayBuffer.prototype, 'byteLength'),
  Date: (value: unknown) => Date.prototype.getTime.call(value as Date),
};

/** Classes, besides those with a tag and no properties, whose instances have nothing to store. */
const REFUSED = ['Promise', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Generator', 'AsyncGenerator'];
const BOXED = ['Number', 'String', 'Boolean', 'BigInt', 'Symbol'];

/** Any object that is not an array nor a plain object of this realm. */
export function writeExotic(encoder: DocumentEncoder, value: object): void {
  if (ArrayBuffer.isView(value)) return writeView(encoder, value);
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (is(value, 'Map', Map, tag)) return writeMap(encoder, value);
  if (is(value, 'Set', Set, tag)) return writeSet(encoder, value);
  if (is(value, 'Date', Date, tag)) return writeDate(encoder, value);
  if (is(value, 'RegExp', RegExp, tag)) return writeStrings(encoder, REGEXP, value.source, value.flags);
  if (is(value, 'ArrayBuffer', ArrayBuffer, tag))
    return writeElements(encoder, ARRAY_BUFFER, bytesOf(encoder, value), 1);
  if (value instanceof Error || tag === 'Error') {
    const { name, message } = value as { name?: unknown; message?: unknown };
    return writeStrings(encoder, ERROR, String(name), String(message));
  }
  if (BOXED.includes(tag)) throw refused(encoder, 'boxed');
  if (tag === 'SharedArrayBuffer' || tag === 'Promise') throw refused(encoder, tag);
  const names = Object.keys(value);
  const isHost = names.length === 0 && tag !== 'Object' && tag !== 'Arguments';
  if (isHost || REFUSED.includes(tag)) throw refusedClass(encoder, tag);
  encoder.writeProperties(value, names);
}

/** By class or tag first, because the look into the slots throws where there are none, which is slow. */
function is<Class extends object>(
  value: object,
  name: keyof typeof slots,
  constructor: abstract new (...given: never) => Class,
  tag: string,
): value is Class {
  if (!(value instanceof constructor) && tag !== name) return false;
  try {
    slots[name](value);
    return true;
  } catch {
    return false;
  }
}

/** Leaves room for the head of an extension whose size is not known yet, and returns where the payload begins. */
function beginNested(encoder: DocumentEncoder): number {
  encoder.reserve(EXTENSION_GUESS);
  return (encoder.at += EXTENSION_GUESS);
}

/** Writes the head before the payload that has been written, which is moved if the head is not as long as guessed. */
function endNested(encoder: DocumentEncoder, type: number, payload: number): void {
  const { at } = encoder;
  const size = at - payload;
  const start = payload - EXTENSION_GUESS;
  const headSize = extensionHeadSize(size);
  // No head is longer, so that nothing grows below, which would drop what lies behind `at`.
  encoder.reserve(9);
  if (headSize !== EXTENSION_GUESS) encoder.bytes.copyWithin(start + headSize, payload, at);
  encoder.at = start;
  encoder.writeExtensionHead(type, size);
  encoder.at = start + headSize + size;
}

function extensionHeadSize(size: number): number {
  if (size <= 16 && size > 0 && (size & (size - 1)) === 0) return 2;
  return size <= 0xff ? 3 : size <= 0xffff ? 4 : 6;
}

/** Entries are taken out first: a getter among the values may change the map. */
function writeMap(encoder: DocumentEncoder, map: Map<unknown, unknown>): void {
  const parts: unknown[] = [];
  Map.prototype.forEach.call(map, (value: unknown, key: unknown) => void parts.push(key, value));
  writeParts(encoder, MAP, map, parts);
}

function writeSet(encoder: DocumentEncoder, set: Set<unknown>): void {
  const parts: unknown[] = [];
  Set.prototype.forEach.call(set, (element: unknown) => void parts.push(element));
  writeParts(encoder, SET, set, parts);
}

function writeParts(encoder: DocumentEncoder, type: number, container: object, parts: readonly unknown[]): void {
  const payload = beginNested(encoder);
  encoder.writeArrayHead(parts.length);
  encoder.enter(container);
  const level = encoder.depth - 1;
  for (let index = 0; index < parts.length; index++) {
    encoder.keys[level] = type === MAP ? -1 - index : index;
    encoder.write(parts[index]);
  }
  encoder.leave();
  endNested(encoder, type, payload);
}

function writeStrings(encoder: DocumentEncoder, type: number, first: string, second: string): void {
  const payload = beginNested(encoder);
  encoder.writeArrayHead(2);
  encoder.writeString(first);
  encoder.writeString(second);
  endNested(encoder, type, payload);
}

/** Seconds in 32 bits; nanoseconds and seconds in 30 and 34; or nanoseconds and seconds in 32 and 64. */
function writeDate(encoder: DocumentEncoder, date: Date): void {
  const time = Date.prototype.getTime.call(date);
  if (Number.isNaN(time)) throw refused(encoder, 'date');
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1_000_000;
  if (seconds < 0 || seconds >= 2 ** 34) {
    encoder.reserve(15);
    encoder.writeExtensionHead(TIMESTAMP, 12);
    encoder.writeInteger(nanoseconds, 4);
    encoder.writeInteger(seconds, 8);
  } else if (nanoseconds > 0 || seconds >= 2 ** 32) {
    encoder.reserve(10);
    encoder.writeExtensionHead(TIMESTAMP, 8);
    encoder.writeInteger(nanoseconds * 4 + Math.floor(seconds / 2 ** 32), 4);
    encoder.writeInteger(seconds, 4);
  } else {
    encoder.reserve(6);
    encoder.writeExtensionHead(TIMESTAMP, 4);
    encoder.writeInteger(seconds, 4);
  }
}

function writeView(encoder: DocumentEncoder, view: ArrayBufferView): void {
  const bytes = bytesOf(encoder, view.buffer, view);
  const name = elementName(view) as string | undefined;
  if (name === 'Uint8Array') return encoder.writeBytes(bytes);
  const code = name === undefined ? DATA_VIEW : ELEMENT_NAMES.indexOf(name);
  if (code < 0) throw refusedClass(encoder, name ?? 'view');
  writeElements(encoder, code, bytes, name === undefined ? 1 : (view as Int16Array).BYTES_PER_ELEMENT);
}

/** A view throws if its buffer is detached. */
function bytesOf(encoder: DocumentEncoder, buffer: ArrayBufferLike, view?: ArrayBufferView): Uint8Array {
  try {
    return view ? new Uint8Array(buffer, view.byteOffset, view.byteLength) : new Uint8Array(buffer);
  } catch {
    throw refused(encoder, 'detached');
  }
}

function writeElements(encoder: DocumentEncoder, code: number, bytes: Uint8Array, elementSize: number): void {
  encoder.writeExtensionHead(ELEMENTS, 1 + bytes.length);
  encoder.reserve(1 + bytes.length);
  encoder.bytes[encoder.at++] = code;
  encoder.bytes.set(bytes, encoder.at);
  swapOnBigEndian(encoder.bytes.subarray(encoder.at, encoder.at + bytes.length), elementSize);
  encoder.at += bytes.length;
}

export function writeBigint(encoder: DocumentEncoder, value: bigint): void {
  const magnitude = value < 0n ? -value : value;
  if (magnitude > BigInt(Number.MAX_SAFE_INTEGER) && value < 2n ** 64n && value >= -(2n ** 63n)) {
    encoder.writeHead(value < 0n ? 0xd3 : 0xcf, Number(BigInt.asUintN(32, value >> 32n)), 4);
    encoder.reserve(4);
    return encoder.writeInteger(Number(BigInt.asUintN(32, value)), 4);
  }
  const digits = magnitude.toString(16);
  const size = Math.ceil(digits.length / 2);
  const payload = new Uint8Array(1 + size);
  payload[0] = value < 0n ? 1 : 0;
  for (let index = 0; index < size; index++) {
    const end = digits.length - 2 * index;
    payload[1 + index] = Number.parseInt(digits.slice(Math.max(0, end - 2), end), 16);
  }
  encoder.writeExtension(BIGINT, payload);
}
