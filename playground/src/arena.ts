// Reads the nodes of a version where they lie: in the memory of the collections, by the format that docs/formats/arena.md
// describes. Nothing is asked of the library but where the memory is, and the root.
//
// A ref counts granules of 16 bytes from the start of the arena, which lies at a fixed address of the memory.

import type { HAMT, Vector } from 'coppice';

const ARENA = 2 ** 20;
const GRANULE = 16;
const MAGIC = 'COPPICE\0';

/** Kinds of nodes that collections of JavaScript are made of: section 9. */
const KINDS = {
  1: 'branch',
  2: 'leaf',
  3: 'blob',
  4: 'wide leaf',
  7: 'vector branch',
  8: 'relaxed vector branch',
  11: 'vector leaf',
} as const;
export type KindName = (typeof KINDS)[keyof typeof KINDS];

const HEADER_BYTES = 16;
const BRANCH_SLOTS = 16;
const BLOB_BYTES = 24;
/** Of an entry in the long form. */
const KEY_IS_BLOB = 0x20;
const VALUE_IS_BLOB = 0x40;

/** Kinds of keys and values: docs/formats/values.md. */
const ValueKind = { null: 0, false: 1, true: 2, int64: 3, float64: 4, ascii: 5, wtf8: 6 } as const;
/** Of an entry in the short form, by its code; 0 is the long form. */
const SHORT_VALUE_KINDS = [-1, ValueKind.ascii, ValueKind.wtf8, 7, 8, ValueKind.int64, ValueKind.float64, 0] as const;

export interface ArenaNode {
  /** Offset in the arena, in bytes. */
  readonly at: number;
  readonly kind: KindName;
  readonly bytes: number;
  /** Entries below a branch of a map, or in a leaf; children of a branch of a vector. */
  readonly count: number;
  /** Each child once, in order. */
  readonly children: readonly ArenaNode[];
  /** Of a branch of a map: which of the 16 places lead to which child; undefined where there is none. */
  readonly slots: readonly (number | undefined)[];
  /** Of a leaf: what it holds, as text. */
  readonly entries: readonly string[];
}

export interface Tree {
  /** The root; of a vector also its tail. */
  readonly roots: readonly ArenaNode[];
  /** All nodes, by their place. */
  readonly nodes: ReadonlyMap<number, ArenaNode>;
  readonly bytes: number;
}

/** The nodes of a version, read now. */
export function readTree(collection: HAMT | Vector): Tree {
  const { space, version } = collection._real();
  const reader = new Reader(space.memory.buffer);
  const [root, tail] = reader.refsAt(space.x.version_at(space.area, version), 2) as [number, number];
  const roots = [root, tail].filter((ref) => ref !== 0).map((ref) => reader.node(ref));
  const bytes = [...reader.nodes.values()].reduce((sum, node) => sum + node.bytes, 0);
  return { roots, nodes: reader.nodes, bytes };
}

class Reader {
  readonly nodes = new Map<number, ArenaNode>();
  private readonly view: DataView;

  constructor(buffer: ArrayBufferLike) {
    this.view = new DataView(buffer);
    const magic = this.bytes(ARENA, MAGIC.length);
    if (String.fromCharCode(...magic) !== MAGIC) throw new Error('the memory does not hold an arena');
  }

  /** Refs, or other words, at an address. */
  refsAt(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.view.getUint32(address + 4 * i, true));
  }
  /** A copy: text cannot be decoded from shared memory. */
  private bytes(address: number, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view.buffer, address, count).slice();
  }

  node(ref: number): ArenaNode {
    const at = ref * GRANULE;
    const known = this.nodes.get(at);
    if (known !== undefined) return known;
    const address = ARENA + at;
    const kind = (KINDS as Record<number, KindName | undefined>)[this.view.getUint8(address)];
    if (kind === undefined) throw new Error(`no node lies at ${at}`);
    const bytes = this.view.getUint32(address + 4, true) * GRANULE;
    const count = this.view.getUint32(address + 8, true);
    const refs = this.childRefs(address, kind, count);
    const once = [...new Set(refs)].filter((child) => child !== 0);
    const slots = kind === 'branch' ? refs.map((child) => (child === 0 ? undefined : once.indexOf(child))) : [];
    const children = once.map((child) => this.node(child));
    const node = { at, kind, bytes, count, children, slots, entries: this.entries(address, kind, count, bytes) };
    this.nodes.set(at, node);
    return node;
  }

  private childRefs(address: number, kind: KindName, count: number): number[] {
    switch (kind) {
      case 'branch':
        return this.refsAt(address + HEADER_BYTES, BRANCH_SLOTS);
      case 'vector branch':
      case 'relaxed vector branch':
        return this.refsAt(address + HEADER_BYTES, count);
      case 'wide leaf':
        return this.refsAt(address + 24, this.view.getUint32(address + 16, true));
      case 'vector leaf':
        return this.cells(address, count)
          .filter((cell) => cell >> 48n === 0xfffdn)
          .map((cell) => Number(cell & 0xffffffffn));
      case 'leaf':
      case 'blob':
        return [];
    }
  }

  // ---- what leaves hold

  private entries(address: number, kind: KindName, count: number, bytes: number): string[] {
    switch (kind) {
      case 'leaf':
        return this.narrowEntries(address, count, bytes);
      case 'wide leaf':
        return this.wideEntries(address, count);
      case 'vector leaf':
        return this.cells(address, count).map((cell) => this.cellText(cell));
      default:
        return [];
    }
  }

  /** Entry i ends as many bytes before the end of the node as those before it are long together. */
  private narrowEntries(address: number, count: number, bytes: number): string[] {
    const lengths = this.bytes(address + HEADER_BYTES + count, count);
    let end = address + bytes;
    return Array.from(lengths, (length) => {
      end -= length;
      return this.entryText(end, length);
    });
  }

  private wideEntries(address: number, count: number): string[] {
    const refs = this.view.getUint32(address + 16, true);
    const ends = this.refsAt(address + 24 + 4 * refs, count);
    const first = address + 24 + 4 * refs + 5 * count;
    return ends.map((end, i) => {
      const start = ends[i - 1] ?? 0;
      return this.entryText(first + start, end - start);
    });
  }

  private entryText(at: number, length: number): string {
    const head = this.view.getUint8(at);
    const valueKind = SHORT_VALUE_KINDS[head >> 5] ?? -1;
    if (valueKind === -1) return this.longEntryText(at, length);
    const keyBytes = this.view.getUint8(at + 1);
    const key = this.valueText(head & 31, at + 2, keyBytes);
    return `${key}: ${this.valueText(valueKind, at + 2 + keyBytes, length - 2 - keyBytes)}`;
  }

  /** Key or value may be in a blob. */
  private longEntryText(at: number, length: number): string {
    const flags = this.view.getUint8(at + 1);
    const keyAt = at + 3;
    const keyBytes = this.view.getUint8(at + 2);
    if ((flags & KEY_IS_BLOB) !== 0) return '(a blob): ...';
    const key = this.valueText(this.view.getUint8(at) & 31, keyAt, keyBytes);
    if ((flags & VALUE_IS_BLOB) !== 0) return `${key}: (a blob)`;
    return `${key}: ${this.valueText(flags & 31, keyAt + keyBytes, length - 3 - keyBytes)}`;
  }

  private valueText(kind: number, at: number, bytes: number): string {
    switch (kind) {
      case ValueKind.null:
        return 'null';
      case ValueKind.false:
        return 'false';
      case ValueKind.true:
        return 'true';
      case ValueKind.int64:
        return String(this.view.getBigInt64(at, true));
      case ValueKind.float64:
        return String(this.view.getFloat64(at, true));
      case ValueKind.ascii:
      case ValueKind.wtf8:
        return new TextDecoder().decode(this.bytes(at, bytes));
      default:
        return '...';
    }
  }

  private cells(address: number, count: number): bigint[] {
    return Array.from({ length: count }, (_, i) => this.view.getBigUint64(address + HEADER_BYTES + 8 * i, true));
  }

  /** Of a cell: a number, unless the upper 16 bits say otherwise. */
  private cellText(cell: bigint): string {
    const low = ARENA + Number(cell & 0xffffffffn) * GRANULE;
    switch (cell >> 48n) {
      case 0xfffcn:
        return this.valueText(Number(cell & 0xffn), 0, 0);
      case 0xfffdn:
        return this.valueText(Number((cell >> 32n) & 0xffn), low + BLOB_BYTES, this.view.getUint32(low + 16, true));
      case 0xfffen: {
        const size = Number((cell >> 40n) & 0xffn);
        return String.fromCharCode(...Array.from({ length: size }, (_, i) => Number((cell >> BigInt(8 * i)) & 0xffn)));
      }
      default: {
        const bits = new DataView(new ArrayBuffer(8));
        bits.setBigUint64(0, cell);
        return String(bits.getFloat64(0));
      }
    }
  }
}

/** Which versions have which nodes: by place, the numbers of the versions. */
export type Owners = ReadonlyMap<number, readonly number[]>;

export function isShared(at: number, owners: Owners): boolean {
  return (owners.get(at)?.length ?? 0) > 1;
}

export function countShared(tree: Tree, owners: Owners): number {
  return [...tree.nodes.keys()].filter((at) => isShared(at, owners)).length;
}

export function ownersOf(trees: ReadonlyMap<number, Tree>): Owners {
  const found = new Map<number, number[]>();
  for (const [version, { nodes }] of trees) {
    for (const at of nodes.keys()) {
      const versions = found.get(at);
      if (versions === undefined) found.set(at, [version]);
      else versions.push(version);
    }
  }
  return found;
}
