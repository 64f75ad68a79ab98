/** What a document cannot hold: the sentences that say what it is, where it was found and what to do about it. */
import { MAX_BYTES, MAX_DEPTH } from './document-format.js';

/** The way from the value to what is being encoded: containers, and in each the key of the next. */
export interface Way {
  readonly containers: readonly (object | undefined)[];
  /**
   * A property's name, an element's number, or -1 - 2 * entry for the key of a map's entry, and one less for its
   * value.
   */
  readonly keys: readonly (string | number)[];
  readonly depth: number;
}

/** Longer paths are shown by their ends. */
const LONGEST_PATH = 160;

const advice = {
  function: 'is a function; leave it out, or store the data that it works on',
  symbol: 'is a symbol; leave it out, or store a string instead',
  SharedArrayBuffer:
    'is a SharedArrayBuffer, which a document would have to copy; store a Uint8Array over it to copy it',
  Promise: 'is a Promise; await it, and store what it resolves to',
  boxed: 'is a primitive in an object; store the primitive itself, its valueOf()',
  detached: 'has given its memory away, to another thread perhaps; store it before it is transferred, or store a copy',
  date: 'is an invalid Date; store null, or a date that is one',
};

/** Why something is refused, where a class alone does not say it. */
export type Reason = keyof typeof advice;

export function refused(way: Way, reason: Reason): TypeError {
  return new TypeError(`cannot store the value: ${pathOf(way)} ${advice[reason]}`);
}

/** An object whose content is not in its properties. */
export function refusedClass(way: Way, name: string): TypeError {
  return new TypeError(
    `cannot store the value: ${pathOf(way)} is a ${name}, whose content is not in its properties; ` +
      'leave it out, or store the data that it can be made from',
  );
}

export function circular(way: Way, level: number): TypeError {
  return new TypeError(
    `cannot store the value: ${pathOf(way)} leads back to ${pathOf({ ...way, depth: level })}; ` +
      'a document is a tree, so store an id there, or leave it out',
  );
}

export function tooDeep(way: Way): RangeError {
  return new RangeError(
    `cannot store the value: ${pathOf(way)} lies deeper than ${MAX_DEPTH} levels; ` +
      'store what is linked as an array, or as entries that name each other by key',
  );
}

export function tooLarge(way: Way): RangeError {
  return new RangeError(
    `cannot store the value: with ${pathOf(way)} it takes more than ${MAX_BYTES} bytes; store it as several entries`,
  );
}

/** The way as an expression of JavaScript; elements of maps and sets by their number, `[...value][0]`. */
function pathOf({ containers, keys, depth }: Way): string {
  let path = 'value';
  for (let level = 0; level < depth; level++) {
    const key = keys[level] ?? 0;
    if (typeof key === 'string') {
      path += /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    } else if (key < 0) {
      path = `[...${path}][${(-1 - key) >> 1}][${(-1 - key) & 1}]`;
    } else {
      path = Array.isArray(containers[level]) ? `${path}[${key}]` : `[...${path}][${key}]`;
    }
  }
  const half = LONGEST_PATH / 2;
  return path.length > LONGEST_PATH ? `${path.slice(0, half)} ... ${path.slice(-half)}` : path;
}
