// Packs: many versions of collections as bytes, what they share once (docs/formats/pack.md).

import { Handle } from './core/handle.js';
import { random32 } from './core/module.js';
import { PackReader } from './core/pack-reader.js';
import { MOST_NAME_BYTES, nameBytes, type PackedVersion, PackWriter } from './core/pack-writer.js';
import { requireLimit } from './core/pack-module.js';
import { currentSpace } from './core/spaces.js';
import type { Trunk } from './core/trunk.js';
import { isIterable } from './core/types.js';
import { describe } from './core/values.js';
import { HAMT } from './hamt.js';
import { HAMTSet } from './hamt-set.js';
import type { Collection } from './sharing.js';
import { Vector } from './vector.js';

export type { Collection } from './sharing.js';

/** How a pack is written. */
export interface PackOptions {
  /**
   * The seed of the hashes in the pack, 64 bits: the same versions under the same seed are the same bytes. If not said, it
   * is random. Whoever knows it can choose keys that make maps slow for readers that keep it, so choose one for comparing
   * packs, not for packs of keys that others choose.
   */
  readonly seed?: bigint;
}

/** What a pack may ask of its reader. */
export interface UnpackLimits {
  /** Entries and elements that are read, all together; 100,000,000 if not said. Few bytes may stand for many. */
  readonly maxElements?: number;
  /** Bytes of one key, value or element; 2^30 if not said. */
  readonly maxValueBytes?: number;
}

const CLASSES = { HAMT, HAMTSet, Vector } as const;

/** What is to be packed: versions, or versions by their names. */
export type Packable<C extends Collection = Collection> =
  Iterable<C> | ReadonlyMap<string, C> | Readonly<Record<string, C>>;

/**
 * Versions as bytes, for files, messages and other programs: C++ reads them, and stores restore maps from them. What the
 * versions share stands there once: a thousand of a large map, one change each, take little more than one. They may be of
 * any kinds and memories; mutable ones are taken as they are now. An array gives versions without names, a `Map` or an
 * object versions with names.
 *
 * The bytes are not compressed. They hold nothing of the seeds of this program. O(n) for the first version of a kind in a
 * memory, O(changes) for each map or set after it.
 *
 * @example
 * ```ts
 * import { HAMT, pack, unpack } from 'coppice';
 * const older = new HAMT([['a', 1]]);
 * const bytes = pack([older, older.set('b', 2)]);
 * const [first, second] = unpack<HAMT<number>>(bytes);
 * ```
 */
export function pack(versions: Packable, options: PackOptions = {}): Uint8Array<ArrayBuffer> {
  const named = entriesOf(versions);
  const seed = options.seed ?? (BigInt(random32()) << 32n) | BigInt(random32());
  if (typeof seed !== 'bigint' || seed < 0n || seed >= 2n ** 64n) {
    throw new TypeError('coppice: pack(): the seed is a bigint of 64 bits, 0n to 2n ** 64n - 1n');
  }
  const found = new Array<PackedVersion>(named.length);
  // The newest first: the older ones of a chain come back from it step by step.
  for (let i = named.length - 1; i >= 0; i--) {
    const [name, version] = named[i] as [string, Collection];
    found[i] = { name, collection: version[Symbol.toStringTag] as PackedVersion['collection'], trunk: version._real() };
  }
  const writer = new PackWriter(seed);
  for (const each of found) writer.add(each);
  return writer.finish();
}

function entriesOf(versions: Packable): [string, Collection][] {
  const isNone = typeof versions !== 'object' || (versions as unknown) === null;
  if (isNone || versions instanceof Handle || ArrayBuffer.isView(versions)) {
    throw new TypeError(
      `coppice: pack() takes an array of collections, or an object or Map of them by name, not ${describe(versions)}`,
    );
  }
  const isNamed = versions instanceof Map || !isIterable(versions);
  let entries: [unknown, unknown][];
  if (versions instanceof Map) entries = [...(versions as ReadonlyMap<unknown, unknown>)];
  else if (isNamed) entries = Object.entries(versions);
  else entries = Array.from(versions as Iterable<unknown>, (version) => ['', version]);
  for (const [name, version] of entries) {
    if (!(version instanceof HAMT || version instanceof HAMTSet || version instanceof Vector)) {
      throw new TypeError(`coppice: pack() takes a HAMT, HAMTSet or Vector, not ${describe(version)}`);
    }
    if (isNamed && (typeof name !== 'string' || name === '' || nameBytes(name) > MOST_NAME_BYTES)) {
      throw new TypeError(
        `coppice: pack(): a name is a string of 1 to ${MOST_NAME_BYTES} bytes, not ${describe(name)}`,
      );
    }
  }
  return entries as [string, Collection][];
}

function open(bytes: Uint8Array, limits: UnpackLimits, by: string): PackReader {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`coppice: ${by} takes the Uint8Array of a pack, not ${describe(bytes)}`);
  }
  const maxElements = requireLimit(limits.maxElements, 'maxElements', 100_000_000);
  const maxValueBytes = requireLimit(limits.maxValueBytes, 'maxValueBytes', 2 ** 30);
  return new PackReader(currentSpace(), bytes, maxElements, maxValueBytes);
}

/** Makes versions of a pack; all, or none if one cannot be made. */
function readAll(reader: PackReader, indices: readonly number[]): Collection[] {
  const trunks: Trunk[] = [];
  try {
    for (const index of indices) trunks.push(reader.read(index));
  } catch (error) {
    for (const trunk of trunks) trunk.dispose();
    throw error;
  }
  return trunks.map((trunk, i) => {
    const { collection } = reader.versions[indices[i] as number] as PackReader['versions'][number];
    return new (CLASSES[collection] as unknown as new (trunk: Trunk) => Collection)(trunk);
  });
}

/**
 * The versions of a pack, in their order, in the memory that new collections are made in: what they share in the pack they
 * share there. Packs of C++ and of stores are read too, if they are not compressed and not made on others: of C++ types
 * numbers, booleans, text and bytes. An int64 that is no safe integer is a bigint.
 *
 * The bytes are believed nothing: an Error tells what is wrong and where, a RangeError which limit is exceeded, and
 * nothing is left behind. Bytes in shared memory are copied first.
 *
 * @example
 * ```ts
 * import { HAMT, pack, unpack, Vector } from 'coppice';
 * const [map, list] = unpack(pack([new HAMT([['a', 1]]), new Vector([1, 2])]));
 * ```
 */
export function unpack<C extends Collection = Collection>(bytes: Uint8Array, limits: UnpackLimits = {}): C[] {
  const reader = open(bytes, limits, 'unpack()');
  return readAll(reader, [...reader.versions.keys()]) as C[];
}

/**
 * The versions of a pack that have names, by their names; others are not read. See `unpack`.
 *
 * @example
 * ```ts
 * import { HAMT, pack, unpackNamed } from 'coppice';
 * const ages = new HAMT([['Ada', 36]]);
 * const bytes = pack({ before: ages, after: ages.set('Ada', 37) });
 * unpackNamed<HAMT<number>>(bytes).get('after')?.get('Ada'); // 37
 * ```
 */
export function unpackNamed<C extends Collection = Collection>(
  bytes: Uint8Array,
  limits: UnpackLimits = {},
): Map<string, C> {
  const reader = open(bytes, limits, 'unpackNamed()');
  const named = [...reader.versions.keys()].filter((index) => reader.versions[index]?.name !== '');
  const made = readAll(reader, named) as C[];
  return new Map(named.map((index, i) => [reader.versions[index]?.name as string, made[i] as C]));
}
