// Writing packs: what a version has is handed to the module of packs as it is encoded, the first of each kind as a
// whole, every further one as what differs.

import { borrowCursor } from './keyed.js';
import { CLASS_NUMBERS, eachLarge, PackInstance, RESTRICTIONS } from './pack-module.js';
import type { Space } from './space.js';
import { textBytes, writeText } from './text.js';
import type { Trunk } from './trunk.js';

/** Versions of one kind in one memory, each of which is made of the one before. */
interface Lineage {
  readonly number: number;
  last: Trunk | undefined;
}

/** A version that is to be written. */
export interface PackedVersion {
  readonly name: string;
  readonly collection: keyof typeof CLASS_NUMBERS;
  readonly trunk: Trunk;
}

/** No name is longer. */
export const MOST_NAME_BYTES = 65536;

export class PackWriter {
  private readonly pieces: Uint8Array[] = [];
  private readonly instance: PackInstance;
  private readonly lineages = new Map<Space, Map<string, Lineage>>();
  /** The vector that is being written. */
  private vector: Trunk | undefined;
  /** Memory of the module with large parts of the run that it has. */
  private large: number[] = [];

  constructor(seed: bigint) {
    this.instance = new PackInstance({
      append: (at, bytes) => void this.pieces.push(this.instance.u8.slice(at, at + bytes)),
      elements: (position, most) => this.elements(position, most),
    });
    this.instance.x.begin(Number(seed & 0xffffffffn), Number(seed >> 32n));
  }

  add({ name, collection, trunk }: PackedVersion): void {
    const { x } = this.instance;
    const lineage = this.lineageOf(collection, trunk);
    if (collection === 'Vector') this.putVector(lineage, trunk);
    else if (lineage.last === undefined) this.putEntries(lineage, trunk);
    else this.putDifferences(lineage, lineage.last, trunk);
    lineage.last = trunk;
    const size = name === '' ? 0 : writeText(name, this.instance.u8, this.instance.buffer);
    x.end(lineage.number, size);
  }

  /** The pack. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.instance.x.finish() !== 0) throw new RangeError(`coppice: pack(): ${this.instance.trouble().reason}`);
    const bytes = new Uint8Array(this.pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  private lineageOf(collection: PackedVersion['collection'], trunk: Trunk): Lineage {
    const { space } = trunk;
    const { type } = trunk.values;
    const ofSpace = this.lineages.get(space) ?? new Map<string, Lineage>();
    this.lineages.set(space, ofSpace);
    const key = `${collection} ${type}`;
    let found = ofSpace.get(key);
    if (found === undefined) {
      const number = this.instance.x.lineage(CLASS_NUMBERS[collection], RESTRICTIONS.indexOf(type));
      found = { number, last: undefined };
      ofSpace.set(key, found);
    }
    return found;
  }

  private putEntries(lineage: Lineage, { space, version }: Trunk): void {
    for (let from = 0; ;) {
      const count = space.x.run_entries(space.area, version, from);
      if (count === 0) return;
      this.store(lineage, space);
      from += count;
    }
  }
  private putDifferences(lineage: Lineage, older: Trunk, newer: Trunk): void {
    const { space } = newer;
    borrowCursor(space);
    space.x.diff_begin(space.area, older.version, newer.version);
    while (space.x.run_differences(space.area) !== 0) this.store(lineage, space);
  }
  private store(lineage: Lineage, space: Space): void {
    this.instance.x.store(lineage.number, this.takeRun(space));
    this.giveBack();
  }

  private putVector(lineage: Lineage, trunk: Trunk): void {
    const { space, version } = trunk;
    const { x } = this.instance;
    const parts: Int32Array[] = [];
    const size = space.x.vector_size(space.area, version) >>> 0;
    let words = 0;
    for (let position = 0; position < size;) {
      const count = space.x.vector_leaves(space.area, version, position);
      space.fresh();
      const part = space.i32.slice(space.input / 4, space.input / 4 + 2 * count);
      for (let i = 1; i < part.length; i += 2) position += part[i] as number;
      parts.push(part);
      words += part.length;
    }
    const at = x.allocate(4 * words);
    let to = at / 4;
    for (const part of parts) {
      this.instance.i32.set(part, to);
      to += part.length;
    }
    this.vector = trunk;
    x.make(lineage.number, at, words / 2);
    x.give_back(at);
    this.giveBack();
  }
  private elements(position: number, most: number): number {
    this.giveBack();
    const { space, version } = this.vector as Trunk;
    space.x.run_elements(space.area, version, position >>> 0, most >>> 0);
    return this.takeRun(space);
  }

  /** Copies the run that was read to the module's buffer, and its large parts to memory there. Returns its bytes. */
  private takeRun(space: Space): number {
    const { instance } = this;
    space.fresh();
    const bytes = space.i32[space.replySize] as number;
    const largeFrom = space.i32[space.replyData] as number;
    instance.u8.set(space.u8.subarray(space.input, space.input + bytes), instance.buffer);
    eachLarge(
      () => space.i32,
      space.input + largeFrom,
      space.input + bytes,
      (word, size) => {
        const from = (space.i32[word] as number) >>> 0;
        const to = instance.x.allocate(size);
        this.large.push(to);
        space.reach(from + size);
        instance.u8.set(space.u8.subarray(from, from + size), to);
        instance.i32[instance.buffer / 4 + word - space.input / 4] = to;
      },
    );
    return bytes;
  }
  private giveBack(): void {
    for (const at of this.large) this.instance.x.give_back(at);
    this.large = [];
  }
}

/** How many bytes a name takes. */
export const nameBytes = textBytes;
