/**
 * WTF-8 by loops over characters, which take whatever the text functions of the runtime would replace: lone surrogates.
 * Nothing here checks for room.
 */

const REPLACEMENT = 0xfffd;

/** The first half of a pair. */
function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/**
 * Whether the units at and after the index are one character; at the end charCodeAt gives NaN, which is no surrogate.
 */
export function isPairAt(text: string, index: number): boolean {
  return isHighSurrogate(text.charCodeAt(index)) && isLowSurrogate(text.charCodeAt(index + 1));
}

/** The number of bytes that `writeUnits` writes. */
export function countBytes(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    count += unit < 0x800 ? 1 : 2;
    if (isPairAt(text, index)) index++;
  }
  return count;
}

/** Writes any string and returns the number of bytes. */
export function writeUnits(text: string, to: Uint8Array, at: number): number {
  let end = at;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      to[end++] = unit;
    } else if (unit < 0x800) {
      to[end++] = 0xc0 | (unit >> 6);
      to[end++] = 0x80 | (unit & 0x3f);
    } else if (isPairAt(text, index)) {
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff);
      to[end++] = 0xf0 | (point >> 18);
      to[end++] = 0x80 | ((point >> 12) & 0x3f);
      to[end++] = 0x80 | ((point >> 6) & 0x3f);
      to[end++] = 0x80 | (point & 0x3f);
    } else {
      to[end++] = 0xe0 | (unit >> 12);
      to[end++] = 0x80 | ((unit >> 6) & 0x3f);
      to[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return end - at;
}

/**
 * Reads any bytes into UTF-16 units, of which there are never more than bytes, and returns their number. Two and three
 * bytes that are what they nearly always are take the short way.
 */
export function readUnits(from: Uint8Array, start: number, end: number, units: Uint16Array): number {
  let count = 0;
  for (let at = start; at < end;) {
    const lead = from[at] as number;
    if (lead < 0x80) {
      units[count++] = lead;
      at++;
      continue;
    }
    if (lead > 0xc1 && lead < 0xe0 && at + 1 < end) {
      const second = from[at + 1] as number;
      if ((second & 0xc0) === 0x80) {
        units[count++] = ((lead & 0x1f) << 6) | (second & 0x3f);
        at += 2;
        continue;
      }
    } else if (lead > 0xe0 && lead < 0xf0 && lead !== 0xed && at + 2 < end) {
      const second = from[at + 1] as number;
      const third = from[at + 2] as number;
      if ((second & 0xc0) === 0x80 && (third & 0xc0) === 0x80) {
        units[count++] = ((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
        at += 3;
        continue;
      }
    }
    const size = sequenceSize(from, at, start, end);
    const point = size < 0 ? REPLACEMENT : pointAt(from, at, size);
    at += Math.abs(size);
    if (point > 0xffff) units[count++] = 0xd800 | ((point - 0x10000) >> 10);
    units[count++] = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
  }
  return count;
}

/** The size of the sequence of WTF-8 there or, negative, of the longest part that could begin one, but at least 1. */
function sequenceSize(from: Uint8Array, at: number, start: number, end: number): number {
  const lead = from[at] as number;
  const size = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size === 1) return -1;
  if (lead === 0xed && isLoneSurrogate(from, at, start, end)) return 3;
  // Of the first byte that follows: against overlong forms, surrogates and numbers above U+10FFFF.
  let lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let follower = 1; follower < size; follower++) {
    const byte = at + follower < end ? (from[at + follower] as number) : 0;
    if (byte < lowest || byte > highest) return -follower;
    lowest = 0x80;
    highest = 0xbf;
  }
  return size;
}

/** A pair in six bytes is not WTF-8, and neither half of it is lone: read as a pair, one string had two encodings. */
function isLoneSurrogate(from: Uint8Array, at: number, start: number, end: number): boolean {
  const unit = surrogateAt(from, at, end);
  if (isHighSurrogate(unit)) return !isLowSurrogate(surrogateAt(from, at + 3, end));
  return isLowSurrogate(unit) && (at - 3 < start || !isHighSurrogate(surrogateAt(from, at - 3, end)));
}

/** The surrogate whose three bytes are there, or 0. */
function surrogateAt(from: Uint8Array, at: number, end: number): number {
  if (at + 3 > end || from[at] !== 0xed) return 0;
  const middle = from[at + 1] as number;
  const last = from[at + 2] as number;
  return (middle & 0xe0) === 0xa0 && (last & 0xc0) === 0x80 ? pointAt(from, at, 3) : 0;
}

/** The number of the character in a sequence that has been checked. */
function pointAt(from: Uint8Array, at: number, size: number): number {
  const lead = from[at] as number;
  const second = (from[at + 1] as number) & 0x3f;
  if (size === 2) return ((lead & 0x1f) << 6) | second;
  const third = (from[at + 2] as number) & 0x3f;
  if (size === 3) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | ((from[at + 3] as number) & 0x3f);
}

const wellFormed = (String.prototype as { isWellFormed?: (this: string) => boolean }).isWellFormed;

/** Whether each surrogate has its partner. */
export function isWellFormed(text: string): boolean {
  if (wellFormed) return wellFormed.call(text);
  for (let index = 0; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xf800) !== 0xd800) continue;
    if (!isPairAt(text, index)) return false;
    index++;
  }
  return true;
}
