// Reading packs: the module of packs checks them and tells what makes each version of the one before; it is put into the
// memory of the collections here, so that versions share again.

import {
  CLASS_NUMBERS,
  COMPRESSED,
  CORRUPT,
  eachLarge,
  HAS_BASE,
  INVALID_ARGUMENT,
  PackInstance,
  RESTRICTIONS,
  VERSION_MISMATCH,
} from './pack-module.js';
import { checked, failed, type Space } from './space.js';
import { readText } from './text.js';
import { Trunk } from './trunk.js';
import { valuesOf } from './types.js';

/** A version that stands in a pack. */
export interface FoundVersion {
  readonly name: string;
  readonly collection: keyof typeof CLASS_NUMBERS;
  readonly restriction: (typeof RESTRICTIONS)[number];
  readonly type: number;
  readonly size: number;
  readonly readable: boolean;
  readonly schema: string;
}

const COLLECTIONS = Object.keys(CLASS_NUMBERS) as (keyof typeof CLASS_NUMBERS)[];

export class PackReader {
  private readonly space: Space;
  private readonly instance: PackInstance;
  /** The version of each type that was made last. */
  private readonly last = new Map<number, Trunk>();
  /** What is being made, and the version before it. */
  private made: Trunk | undefined;
  private older: Trunk | undefined;
  readonly versions: readonly FoundVersion[];

  constructor(space: Space, bytes: Uint8Array, maxElements: number, maxValueBytes: number) {
    this.space = space;
    this.instance = new PackInstance({
      store: (at, size, large) => {
        this.store(at, size, large);
      },
      place: (at, size, large, position) => {
        this.place(at, size, large, position);
      },
      keep: (count) => {
        this.cut(this.trunk, 0, count >>> 0);
      },
      follow: (from, end) => {
        this.follow(from >>> 0, end >>> 0);
      },
    });
    const { x } = this.instance;
    const at = x.allocate(bytes.length);
    this.instance.u8.set(bytes, at);
    const code = x.open(at, bytes.length, maxElements, maxValueBytes);
    if (code !== 0) throw this.refused(code);
    this.versions = Array.from({ length: x.versions() }, (_, index) => this.version(index));
  }

  /** Makes a version. The caller disposes of it if another one cannot be made. */
  read(index: number): Trunk {
    const found = this.versions[index] as FoundVersion;
    if (!found.readable) {
      throw new TypeError(
        `coppice: unpack(): version ${index} has elements of the C++ types ${found.schema}, which have no ` +
          'counterpart in JavaScript; write numbers, booleans, text or bytes',
      );
    }
    const { space } = this;
    this.older = this.last.get(found.type);
    const version = this.older === undefined ? space.newVersion() : space.fork(this.older.version);
    const made = new Trunk(space, valuesOf(found.restriction), version);
    made.mostChanges = 0;
    this.made = made;
    try {
      if (this.instance.x.read(index) !== 0) throw this.refused(1);
      const { x, area } = space;
      const size = found.collection === 'Vector' ? x.vector_size(area, made.version) : x.map_size(area, made.version);
      if (size >>> 0 !== found.size) {
        throw new Error(`coppice: unpack(): version ${index} has another size than it says, or a key twice`);
      }
    } catch (error) {
      made.dispose();
      throw error;
    }
    this.last.set(found.type, made);
    return made;
  }

  private version(index: number): FoundVersion {
    const at = this.instance.x.version(index);
    const word = (field: number): number => (this.instance.i32[at / 4 + field] as number) >>> 0;
    const text = (from: number, size: number): string => readText(this.instance.u8, from, size);
    return {
      collection: COLLECTIONS[word(0) - 1] as FoundVersion['collection'],
      restriction: RESTRICTIONS[word(1)] as FoundVersion['restriction'],
      type: word(2),
      name: text(word(4), word(3)),
      readable: word(5) !== 0,
      size: word(6),
      schema: text(word(7), word(8)),
    };
  }

  private refused(code: number): Error {
    if (code === COMPRESSED) {
      return new Error(
        'coppice: unpack(): the pack is compressed, which JavaScript cannot read; write it without compression, ' +
          'or make one of it that has none: coppice compact PACK --out OTHER',
      );
    }
    if (code === HAS_BASE) {
      return new Error(
        'coppice: unpack(): the pack is made on another one, which JavaScript cannot read; make one pack of both: ' +
          'coppice compact BASE PACK --out OTHER',
      );
    }
    const { code: why, reason, offset, limit } = this.instance.trouble();
    if (why === CORRUPT) {
      return new Error(
        `coppice: unpack(): ${reason}, at byte ${offset}; the pack is damaged or was made wrongly: write or fetch it again`,
      );
    }
    if (why === VERSION_MISMATCH) {
      return new Error(
        `coppice: unpack(): ${reason}: it has version ${offset}, this library reads version ${limit}; use a newer release`,
      );
    }
    if (why === INVALID_ARGUMENT) return new Error(`coppice: unpack(): ${reason}, at byte ${offset}`);
    const named = reason.replace('max_rebuilt_elements', 'maxElements').replace('max_value_bytes', 'maxValueBytes');
    return new RangeError(`coppice: unpack(): ${named}, at byte ${offset}; if the pack is trusted, raise that limit`);
  }

  // ---- what the module tells

  private get trunk(): Trunk {
    return this.made as Trunk;
  }
  /** Copies a run to the input. */
  private take(at: number, size: number): void {
    const { space } = this;
    space.fresh();
    space.u8.set(this.instance.u8.subarray(at, at + size), space.input);
  }
  /** Makes blobs for the large parts of the run in the input. */
  private makeBlobs(from: number, end: number): void {
    const { space, instance } = this;
    const words = (): Int32Array => {
      space.fresh();
      return space.i32;
    };
    eachLarge(words, space.input + from, space.input + end, (word, size) => {
      const at = (words()[word] as number) >>> 0;
      const blob = space.x.blob(space.area, size);
      if (blob === 0) throw failed(space);
      space.fresh();
      const to = (space.i32[space.replyData] as number) >>> 0;
      space.reach(to + size);
      space.u8.set(instance.u8.subarray(at, at + size), to);
      space.i32[word] = blob;
    });
  }
  private store(at: number, size: number, large: number): void {
    const { space, trunk } = this;
    this.take(at, size);
    checked(space, space.x.run_store(space.area, trunk.version, 0, large));
    if (large === size) return;
    this.makeBlobs(large, size);
    checked(space, space.x.run_store(space.area, trunk.version, large, size - large));
  }
  private place(at: number, size: number, large: number, position: number): void {
    this.take(at, size);
    const next = this.placeFrom(0, large, position);
    if (large === size) return;
    this.makeBlobs(large, size);
    this.placeFrom(large, size - large, next);
  }
  private placeFrom(from: number, bytes: number, position: number): number {
    const { space, trunk } = this;
    const next = space.x.run_place(space.area, trunk.version, from, bytes, position);
    if (next === -1) throw failed(space);
    return next;
  }
  private cut(trunk: Trunk, from: number, to: number): void {
    const { space } = this;
    checked(space, space.x.vector_slice(space.area, trunk.version, from, to));
  }
  private follow(from: number, end: number): void {
    const { space, trunk: made } = this;
    const rest = (this.older as Trunk).fork();
    try {
      this.cut(rest, from, end);
      checked(space, space.x.vector_append(space.area, made.version, rest.version));
    } finally {
      rest.dispose();
    }
  }
}
