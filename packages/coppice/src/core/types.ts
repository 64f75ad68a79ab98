// What the collections of this package have in common for those who use them.

import { describe, putValueOf, type ValueType } from './values.js';
import type { Values } from './trunk.js';

const TYPES: readonly ValueType[] = ['any', 'string', 'number', 'boolean', 'object'];
const values = new Map<ValueType, Values>(TYPES.map((type) => [type, { type, put: putValueOf[type] }]));

/** The values of a type. */
export function valuesOf(type: ValueType): Values {
  const found = values.get(type);
  if (found !== undefined) return found;
  throw new TypeError(
    `coppice: the type of a collection's values is ${describe(type)}; give one of '${TYPES.join("', '")}'`,
  );
}

/** Whether an argument is an iterable of items, not a name of a type. */
export function isIterable(given: unknown): given is Iterable<unknown> {
  return typeof given === 'object' && given !== null && Symbol.iterator in given;
}

/** For messages about arguments. */
export function requireIterable<T>(given: Iterable<T> | null | undefined, what: string): Iterable<T> {
  if (isIterable(given)) return given;
  throw new TypeError(`coppice: ${what} takes an iterable, such as an array or a Map; it was given ${String(given)}`);
}

/** For messages about the items of an argument. */
export function requirePair<K, V>(given: readonly [K, V]): readonly [K, V] {
  if (typeof given === 'object' && Symbol.iterator in given) return given;
  throw new TypeError(`coppice: an entry is ${describe(given)}; entries are arrays of a key and a value`);
}

/** The symbol by which Node asks how to show an object. */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
/** Symbol.dispose, where the runtime has none yet. */
export const disposeSymbol: typeof Symbol.dispose = ((Symbol as { dispose?: symbol }).dispose ??
  Symbol.for('Symbol.dispose')) as never;

/** What Node's inspect() hands over. */
export type Inspect = (value: unknown, options?: unknown) => string;
