/** Documents: their bytes as docs/formats/values.md gives them, and what comes back. */
import * as assert from './support/assert.js';
import { test } from './support/runner.js';
import { decodeDocument, encodeDocument } from '../src/core/document.js';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.split(' ').filter(Boolean), (byte) => Number.parseInt(byte, 16));

const back = (value: unknown): unknown => decodeDocument(encodeDocument(value));

/** The head and the last byte say enough of what is long. */
const ends = (value: unknown, headSize: number): string => {
  const bytes = encodeDocument(value);
  return `${hex(bytes.subarray(0, headSize))} .. ${hex(bytes.subarray(-1))} (${bytes.length})`;
};

/** Each comes back as well. */
const GOLDEN: readonly (readonly [unknown, string])[] = [
  // Section 6.
  [{ a: 1 }, '81 a1 61 01'],
  [[], '90'],
  [new Date(1000), 'd6 ff 00 00 00 01'],
  [new Map([['a', 1]]), 'd6 01 92 a1 61 01'],
  [new Set([1, 2]), 'c7 03 02 92 01 02'],
  [new Int16Array([1]), 'c7 03 03 03 01 00'],
  [[1n], '91 d5 04 00 01'],
  [undefined, 'd4 00 00'],
  // Scalars.
  [null, 'c0'],
  [false, 'c2'],
  [true, 'c3'],
  [0, '00'],
  [127, '7f'],
  [128, 'cc 80'],
  [255, 'cc ff'],
  [256, 'cd 01 00'],
  [65_535, 'cd ff ff'],
  [65_536, 'ce 00 01 00 00'],
  [2 ** 32 - 1, 'ce ff ff ff ff'],
  [2 ** 32, 'cf 00 00 00 01 00 00 00 00'],
  [2 ** 53 - 1, 'cf 00 1f ff ff ff ff ff ff'],
  [-1, 'ff'],
  [-32, 'e0'],
  [-33, 'd0 df'],
  [-128, 'd0 80'],
  [-129, 'd1 ff 7f'],
  [-32_768, 'd1 80 00'],
  [-32_769, 'd2 ff ff 7f ff'],
  [-(2 ** 31), 'd2 80 00 00 00'],
  [-(2 ** 31) - 1, 'd3 ff ff ff ff 7f ff ff ff'],
  [-(2 ** 53 - 1), 'd3 ff e0 00 00 00 00 00 01'],
  [-0, 'cb 80 00 00 00 00 00 00 00'],
  [0.5, 'cb 3f e0 00 00 00 00 00 00'],
  [2 ** 53, 'cb 43 40 00 00 00 00 00 00'],
  [-Infinity, 'cb ff f0 00 00 00 00 00 00'],
  // Bigints: integers of MessagePack from 2^53 on, as far as they reach.
  [0n, 'd5 04 00 00'],
  [-256n, 'c7 03 04 01 00 01'],
  [2n ** 53n - 1n, 'd7 04 00 ff ff ff ff ff ff 1f'],
  [2n ** 53n, 'cf 00 20 00 00 00 00 00 00'],
  [2n ** 64n - 1n, 'cf ff ff ff ff ff ff ff ff'],
  [2n ** 64n, 'c7 0a 04 00 00 00 00 00 00 00 00 00 01'],
  [-(2n ** 53n), 'd3 ff e0 00 00 00 00 00 00'],
  [-(2n ** 63n), 'd3 80 00 00 00 00 00 00 00'],
  [-(2n ** 63n) - 1n, 'c7 09 04 01 01 00 00 00 00 00 00 80'],
  // Strings.
  ['', 'a0'],
  ['az', 'a2 61 7a'],
  ['\u00E9', 'a2 c3 a9'],
  ['\u{1F333}', 'a4 f0 9f 8c b3'],
  ['\uD800', 'a3 ed a0 80'],
  [{ '\uDC00': '\uFFFD' }, '81 a3 ed b0 80 a3 ef bf bd'],
  // Bytes and elements.
  [new Uint8Array([1, 2]), 'c4 02 01 02'],
  [new Uint8Array(), 'c4 00'],
  [new Int8Array([-1]), 'd5 03 00 ff'],
  [new Uint8ClampedArray([1]), 'd5 03 02 01'],
  [new Uint16Array([1]), 'c7 03 03 04 01 00'],
  [new Int32Array([-2]), 'c7 05 03 05 fe ff ff ff'],
  [new Uint32Array([1]), 'c7 05 03 06 01 00 00 00'],
  [new Float32Array([1]), 'c7 05 03 07 00 00 80 3f'],
  [new Float64Array([1]), 'c7 09 03 08 00 00 00 00 00 00 f0 3f'],
  [new BigInt64Array([-1n]), 'c7 09 03 09 ff ff ff ff ff ff ff ff'],
  [new BigUint64Array([1n]), 'c7 09 03 0a 01 00 00 00 00 00 00 00'],
  [new Float64Array(), 'd4 03 08'],
  [new Uint8Array([7]).buffer, 'd5 03 10 07'],
  [new DataView(new Uint8Array([1, 2, 3]).buffer, 1), 'c7 03 03 11 02 03'],
  // Dates in the shortest of three forms.
  [new Date(0), 'd6 ff 00 00 00 00'],
  [new Date(1), 'd7 ff 00 3d 09 00 00 00 00 00'],
  [new Date((2 ** 32 - 1) * 1000), 'd6 ff ff ff ff ff'],
  [new Date(2 ** 32 * 1000), 'd7 ff 00 00 00 01 00 00 00 00'],
  [new Date(2 ** 34 * 1000 - 1), 'd7 ff ee 2e 1f 03 ff ff ff ff'],
  [new Date(2 ** 34 * 1000), 'c7 0c ff 00 00 00 00 00 00 00 04 00 00 00 00'],
  [new Date(-1), 'c7 0c ff 3b 8b 87 c0 ff ff ff ff ff ff ff ff'],
  [new Date(8.64e15), 'c7 0c ff 00 00 00 00 00 00 07 db a8 21 80 00'],
  // The rest.
  [/a+/gi, 'c7 07 05 92 a2 61 2b a2 67 69'],
  [new TypeError('x'), 'c7 0d 06 92 a9 54 79 70 65 45 72 72 6f 72 a1 78'],
  [new Map(), 'd4 01 90'],
  [new Set(), 'd4 02 90'],
  [{}, '80'],
  [[undefined, null], '92 d4 00 00 c0'],
  [{ a: undefined }, '81 a1 61 d4 00 00'],
  [{ b: 1, a: 2, 1: 3 }, '83 a1 31 03 a1 62 01 a1 61 02'],
];

test('values_have_the_golden_bytes_and_come_back', () => {
  for (const [value, bytes] of GOLDEN) {
    assert.equal(hex(encodeDocument(value)), bytes);
    assert.equal(decodeDocument(fromHex(bytes)), value);
  }
});

test('heads_are_the_shortest_that_hold_the_length', () => {
  const text = (length: number): string => 'x'.repeat(length);
  assert.equal(ends(text(31), 1), 'bf .. 78 (32)');
  assert.equal(ends(text(32), 2), 'd9 20 .. 78 (34)');
  assert.equal(ends(text(255), 2), 'd9 ff .. 78 (257)');
  assert.equal(ends(text(256), 3), 'da 01 00 .. 78 (259)');
  assert.equal(ends(text(65_535), 3), 'da ff ff .. 78 (65538)');
  assert.equal(ends(text(65_536), 5), 'db 00 01 00 00 .. 78 (65541)');
  assert.equal(ends(text(100_000), 5), 'db 00 01 86 a0 .. 78 (100005)');
  assert.equal(ends('\u00E9'.repeat(15), 1), 'be .. a9 (31)');
  assert.equal(ends('\u00E9'.repeat(16), 2), 'd9 20 .. a9 (34)');
  assert.equal(ends('\u00E9'.repeat(128), 3), 'da 01 00 .. a9 (259)');
  assert.equal(ends('\u00E9'.repeat(32_768), 5), 'db 00 01 00 00 .. a9 (65541)');
  assert.equal(ends('\u00E9'.repeat(65_537), 5), 'db 00 02 00 02 .. a9 (131079)');
  assert.equal(ends(new Uint8Array(255), 2), 'c4 ff .. 00 (257)');
  assert.equal(ends(new Uint8Array(256), 3), 'c5 01 00 .. 00 (259)');
  assert.equal(ends(new Uint8Array(65_536), 5), 'c6 00 01 00 00 .. 00 (65541)');
  assert.equal(ends(new Array(15).fill(1), 1), '9f .. 01 (16)');
  assert.equal(ends(new Array(16).fill(1), 3), 'dc 00 10 .. 01 (19)');
  assert.equal(ends(new Array(65_536).fill(1), 5), 'dd 00 01 00 00 .. 01 (65541)');
  const object = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, key) => [key, 1]));
  assert.equal(ends(object(15), 1), '8f .. 01 (51)');
  assert.equal(ends(object(16), 3), 'de 00 10 .. 01 (57)');
  assert.equal(ends(object(65_536), 5), 'df 00 01 00 00 .. 01 (447647)');
});

test('extensions_of_every_size_have_the_right_head_and_come_back', () => {
  const heads = new Map<number, string>();
  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255, 256, 65_535, 65_536]) {
    const set = new Set(['y'.repeat(5), ...Array.from({ length: Math.floor(size / 3) }, (_, index) => index)]);
    assert.equal(back(set), set);
    const buffer = new Uint8Array(size - 1).fill(9).buffer;
    assert.equal(back(buffer), buffer);
    heads.set(size, hex(encodeDocument(buffer).subarray(0, 1)));
  }
  const expected = 'd4 d5 c7 d6 c7 c7 d7 c7 c7 d8 c7 c7 c8 c8 c9';
  assert.equal([...heads.values()].join(' '), expected);
});

test('nan_is_float_64', () => {
  assert.equal(hex(encodeDocument(Number.NaN)).slice(0, 2), 'cb');
  assert.ok(Number.isNaN(back(Number.NaN)));
  assert.ok(Number.isNaN(decodeDocument(fromHex('cb ff f8 00 00 00 00 00 01'))));
});

test('what_is_nested_comes_back', () => {
  const value = {
    list: [[1, [2, [3]]], { deep: new Map<unknown, unknown>([[{ key: 1 }, new Set([[new Date(5)]])]]) }],
    bytes: { some: new Uint8Array([1]), more: [new Float32Array([0.5]), 2n ** 70n, -5n] },
    'not an identifier': undefined,
    '': '',
  };
  assert.equal(back(value), value);
});

test('holes_are_undefined', () => {
  const holes: unknown[] = [1];
  holes[3] = 4;
  assert.equal(back(holes), [1, undefined, undefined, 4]);
});

test('of_a_class_instance_its_own_enumerable_properties_are_taken', () => {
  class Point {
    readonly #hidden = 3;
    x = 1;
    get sum(): number {
      return this.x + this.#hidden;
    }
    toJSON(): string {
      return 'not asked';
    }
  }
  const point = Object.defineProperty(new Point(), 'invisible', { value: 4, enumerable: false });
  Object.assign(point, { [Symbol('tag')]: 2 });
  assert.equal(back(point), { x: 1 });
  const bare = Object.assign(Object.create(null) as object, { a: 1 });
  assert.equal(back(bare), { a: 1 });
  assert.equal(Object.getPrototypeOf(back(bare)), Object.prototype);
});

test('subclasses_and_misleading_tags_do_not_hide_what_an_object_is', () => {
  class Named extends Map<string, number> {
    override get [Symbol.toStringTag](): string {
      return 'Named';
    }
  }
  assert.equal(back(new Named([['a', 1]])), new Map([['a', 1]]));
  const pretender = { [Symbol.toStringTag]: 'Map', a: 1 };
  assert.equal(back(pretender), { a: 1 });
  assert.equal(back(Object.assign(Object.create(Map.prototype) as object, { a: 1 })), { a: 1 });
  assert.equal(back(Object.assign(Object.create(Date.prototype) as object, { a: 1 })), { a: 1 });
});

test('errors_keep_name_and_message_and_the_class_that_the_language_has', () => {
  for (const error of [new Error('a'), new RangeError('b'), new SyntaxError('')]) {
    const read = back(error) as Error;
    assert.equal(Object.getPrototypeOf(read), Object.getPrototypeOf(error));
    assert.equal(read.message, error.message);
  }
  const own = back(new DOMException('late', 'TimeoutError')) as Error;
  assert.ok(own instanceof Error);
  assert.equal(own.name, 'TimeoutError');
  assert.equal(own.message, 'late');
  assert.equal(Object.keys(own).length, 0);
  assert.equal(hex(encodeDocument(own)), hex(encodeDocument(new DOMException('late', 'TimeoutError'))));
});

test('a_property_named_proto_is_a_property', () => {
  const value = JSON.parse(
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
  ) as object;
  const read = back(value) as Record<string, unknown>;
  assert.ok(Object.hasOwn(read, '__proto__'));
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.equal(read['polluted'], undefined);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(JSON.stringify(read), JSON.stringify(value));
  assert.equal(hex(encodeDocument(read)), hex(encodeDocument(value)));
});

test('views_are_copied_from_shared_memory_and_results_hold_none_of_it', () => {
  if (typeof SharedArrayBuffer === 'undefined') return;
  const shared = new SharedArrayBuffer(64);
  const memory = new Uint8Array(shared);
  memory.set([1, 2, 3, 4, 5, 6, 7, 8]);
  const value = {
    bytes: memory.subarray(1, 3),
    words: new Uint16Array(shared, 4, 2),
    view: new DataView(shared, 2, 2),
  };
  const document = encodeDocument(value);
  memory.fill(0);
  memory.set(document, 5);
  const read = decodeDocument(memory, false, 5, document.length) as typeof value;
  memory.fill(0xff);
  assert.equal(read.bytes, new Uint8Array([2, 3]));
  assert.equal(read.words, new Uint16Array([0x0605, 0x0807]));
  assert.equal(read.view.getUint8(1), 4);
  for (const part of Object.values(read)) assert.ok(part.buffer instanceof ArrayBuffer);
});

test('frozen_values_are_frozen_at_every_level', () => {
  const value = { list: [{ a: 1 }], map: new Map([['k', { b: [2] }]]), set: new Set([[3]]), bytes: new Uint8Array(1) };
  const read = decodeDocument(encodeDocument(value), true) as typeof value;
  assert.equal(read, value);
  const [element] = read.set;
  for (const part of [read, read.list, read.list[0], read.map.get('k'), read.map.get('k')?.b, element])
    assert.ok(Object.isFrozen(part));
  read.map.set('more', { b: [] });
  assert.equal((decodeDocument(encodeDocument(value), true) as typeof value).map.size, 1);
  assert.ok(!Object.isFrozen(back(value)));
});

test('what_other_programs_write_is_read', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['ca 3f 80 00 00', 1],
    ['cb 3f f0 00 00 00 00 00 00', 1],
    ['cc 01', 1],
    ['cf 00 00 00 00 00 00 00 01', 1],
    ['d3 ff ff ff ff ff ff ff ff', -1],
    ['d1 00 05', 5],
    ['db 00 00 00 01 61', 'a'],
    ['c6 00 00 00 01 07', new Uint8Array([7])],
    ['dd 00 00 00 01 c0', [null]],
    ['df 00 00 00 01 da 00 01 61 c0', { a: null }],
    ['82 a1 61 01 a1 61 02', { a: 2 }],
    ['81 01 a1 61', new Map([[1, 'a']])],
    ['82 a1 61 01 c0 02', new Map<unknown, unknown>([['a', 1], [null, 2]])], // prettier-ignore
    ['d7 ff 00 00 00 04 00 00 00 01', new Date(1000)],
    ['c8 00 01 00 00', undefined],
    ['d5 04 01 00', 0n],
  ];
  for (const [bytes, value] of cases) assert.equal(decodeDocument(fromHex(bytes)), value);
});

test('a_getter_may_encode_and_what_throws_leaves_no_trace', () => {
  const inner = { deep: ['x'.repeat(3000)] };
  const value = {
    before: 1,
    get nested(): Uint8Array {
      return encodeDocument(inner);
    },
    after: 2,
  };
  assert.equal(back(value), { before: 1, nested: encodeDocument(inner), after: 2 });
  const broken = {
    before: 'y'.repeat(2000),
    get thrown(): never {
      throw new Error('mine');
    },
  };
  assert.throws(() => encodeDocument([broken]), { name: 'Error', message: /^mine$/ });
  assert.equal(back({ a: 1 }), { a: 1 });
});

test('containers_that_change_while_they_are_read_make_a_whole_document', () => {
  const map = new Map<string, unknown>();
  const list: unknown[] = [];
  const change = {
    get a(): number {
      map.set(`k${map.size}`, 1);
      list.length = 1;
      return 1;
    },
  };
  map.set('change', change);
  list.push(change, 2);
  assert.equal(back(list), [{ a: 1 }, undefined]);
  assert.equal(back(map), new Map<string, unknown>([['change', { a: 1 }], ['k1', 1]])); // prettier-ignore
});
