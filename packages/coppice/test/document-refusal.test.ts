/** What a document cannot hold: that it is refused, and that the error says what it is, where, and what to do. */
import * as assert from './support/assert.js';
import { test } from './support/runner.js';
import { decodeDocument, encodeDocument } from '../src/core/document.js';

const refuses = (value: unknown, message: RegExp, name = 'TypeError'): void => {
  assert.throws(() => encodeDocument(value), { name, message });
  // The next one is not affected.
  assert.equal(encodeDocument([1]).length, 2);
};

/** So many arrays, each in another. */
const nested = (levels: number, wrap: (value: unknown) => unknown = (value) => [value]): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
};

const sharedClass = typeof SharedArrayBuffer === 'undefined' ? undefined : SharedArrayBuffer;

test('functions_and_symbols_are_refused_where_they_are', () => {
  refuses(() => 1, /^cannot store the value: value is a function; leave it out, or store the data that it works on$/);
  refuses(Symbol('x'), /: value is a symbol; leave it out, or store a string instead$/);
  refuses({ users: [1, 2, 3, { callback() {} }] }, /: value\.users\[3\]\.callback is a function; /);
  refuses({ 'two words': { $a_1: Symbol.iterator } }, /: value\["two words"\]\.\$a_1 is a symbol; /);
  refuses([{}, new Map<unknown, unknown>([[1, 2], ['k', { f() {} }]])], /: \[\.\.\.value\[1\]\]\[1\]\[1\]\.f is a function; /); // prettier-ignore
  refuses(new Map([[[Symbol('k')], 1]]), /: \[\.\.\.value\]\[0\]\[0\]\[0\] is a symbol; /);
  refuses({ s: new Set([1, () => 1]) }, /: \[\.\.\.value\.s\]\[1\] is a function; /);
});

test('circles_are_refused_with_both_ends', () => {
  const parent: Record<string, unknown> = { name: 'p' };
  parent['children'] = [{ parent }];
  refuses(
    { tree: parent },
    /: value\.tree\.children\[0\]\.parent leads back to value\.tree; a document is a tree, so store an id there, or leave it out$/,
  );
  const list: unknown[] = [];
  list.push(list);
  refuses(list, /: value\[0\] leads back to value; /);
  const map = new Map<string, unknown>();
  map.set('self', map);
  refuses(map, /: \[\.\.\.value\]\[0\]\[1\] leads back to value; /);
  const set = new Set<unknown>();
  set.add([set]);
  refuses(set, /: \[\.\.\.value\]\[0\]\[0\] leads back to value; /);
});

test('an_object_that_occurs_twice_is_no_circle', () => {
  const twice = { a: 1 };
  assert.equal(decodeDocument(encodeDocument([twice, twice])), [{ a: 1 }, { a: 1 }]);
});

test('objects_whose_content_is_not_in_properties_are_refused', () => {
  function* numbers(): Generator<number> {
    yield 1;
  }
  const advice = 'whose content is not in its properties; leave it out, or store the data that it can be made from$';
  for (const [value, name] of [
    [new WeakMap(), 'WeakMap'],
    [new WeakSet(), 'WeakSet'],
    [new WeakRef({}), 'WeakRef'],
    [Object.assign(new WeakMap(), { extra: 1 }), 'WeakMap'],
    [numbers(), 'Generator'],
    [[1].values(), 'Array Iterator'],
    [new Intl.NumberFormat('en'), 'Intl.NumberFormat'],
    [new URL('http://localhost/'), 'URL'],
    [new AbortController().signal, 'AbortSignal'],
    [Object.create(Map.prototype) as object, 'Map'],
  ] as const)
    refuses({ a: value }, new RegExp(`: value\\.a is a ${name}, ${advice}`));
  refuses([Promise.resolve(1)], /: value\[0\] is a Promise; await it, and store what it resolves to$/);
  if (sharedClass)
    refuses(new sharedClass(8), /: value is a SharedArrayBuffer, .* store a Uint8Array over it to copy it$/);
});

test('primitives_in_objects_are_refused', () => {
  for (const value of [new Number(1), new String('ab'), new Boolean(false), Object(1n)] as object[])
    refuses({ a: value }, /: value\.a is a primitive in an object; store the primitive itself, its valueOf\(\)$/);
});

test('invalid_dates_and_memory_given_away_are_refused', () => {
  refuses({ at: new Date(Number.NaN) }, /: value\.at is an invalid Date; store null, or a date that is one$/);
  const words = new Uint16Array(4);
  const bytes = new Uint8Array(4);
  const view = new DataView(new ArrayBuffer(4));
  const buffer = new ArrayBuffer(4);
  structuredClone(0, { transfer: [words.buffer, bytes.buffer, view.buffer, buffer] });
  for (const gone of [words, bytes, view, buffer])
    refuses(
      [gone],
      /: value\[0\] has given its memory away, to another thread perhaps; store it before it is transferred/,
    );
});

test('nesting_has_a_limit_in_both_directions', () => {
  const message =
    /^cannot store the value: value\[0\].* \.\.\. .*\[0\] lies deeper than 512 levels; store what is linked/;
  const deepest = nested(512);
  assert.equal(decodeDocument(encodeDocument(deepest)), deepest);
  refuses(nested(513), message, 'RangeError');
  refuses(nested(100_000), message, 'RangeError');
  refuses(
    nested(100_000, (value) => new Map([[value, value]])),
    /lies deeper than 512 levels/,
    'RangeError',
  );
  const documents = [
    new Uint8Array(100_000).fill(0x91),
    Uint8Array.from({ length: 200_000 }, (_, index) => (index % 2 === 0 ? 0x81 : 0xa0)),
    Uint8Array.from({ length: 100_000 }, (_, index) => (index % 2 === 0 ? 0x81 : 0x91)),
  ];
  for (const document of documents)
    assert.throws(() => decodeDocument(document), {
      name: 'RangeError',
      message: /^cannot read the document: byte \d+: it is nested deeper than 512 levels; read it with another/,
    });
});

test('what_cannot_fit_is_refused_before_memory_is_asked_for', () => {
  const message =
    /^cannot store the value: with value\.a it takes more than 1073741824 bytes; store it as several entries$/;
  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 1;
  refuses({ a: endless }, message, 'RangeError');
  refuses({ a: new Uint8Array(2 ** 30) }, message, 'RangeError');
});

test('a_long_path_is_shown_by_its_ends', () => {
  const value = { first: nested(100, (inner) => ({ 'some long name': inner })) as object, last: 1 };
  let innermost = value.first as Record<string, object>;
  for (let level = 1; level < 100; level++) innermost = innermost['some long name'] as Record<string, object>;
  innermost['some long name'] = () => 1;
  refuses(value, /^.{0,30}value\.first\["some.{30,100} \.\.\. .{30,100}name"\] is a function; /);
});

test('bytes_that_are_no_document_are_refused_with_their_place', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /byte 0: 1 more bytes should follow, but only 0 do; they were not written as a document/],
    ['c1', /byte 0: the byte c1 begins nothing in MessagePack; /],
    ['01 02', /byte 1: the document ends here, and 1 more bytes follow; /],
    ['92 01', /byte 1: 2 more bytes should follow, but only 1 do; /],
    ['a3 61', /byte 1: 3 more bytes should follow, but only 1 do; /],
    ['dd ff ff ff ff c0', /byte 5: 4294967295 more bytes should follow, but only 1 do; /],
    ['df ff ff ff ff c0', /byte 5: 8589934590 more bytes should follow, but only 1 do; /],
    ['db ff ff ff ff 61', /byte 5: 4294967295 more bytes should follow, but only 1 do; /],
    ['c6 7f ff ff ff 61', /byte 5: 2147483647 more bytes should follow/],
    ['c9 ff ff ff ff 03 00', /byte 6: 4294967295 more bytes should follow/],
    ['91 d4 2a 00', /byte 1: extension type 42 is not known; read it with the program that wrote it, or with a newer/],
    ['d4 80 00', /byte 0: extension type -128 is not known; /],
    ['d4 00 01', /byte 0: undefined is one byte, 00; /],
    ['c7 00 00', /byte 0: undefined is one byte, 00; /],
    ['d4 01 80', /byte 0: an array should be inside; /],
    ['d5 01 91 01', /byte 0: a map has a key without a value; /],
    ['d5 02 90 01', /byte 0: extension 2 has 1 bytes too many; /],
    ['d4 02 92', /byte 3: 2 more bytes should follow, but only 0 do; /],
    ['d4 02 91 01', /byte 3: 1 more bytes should follow, but only 0 do; /],
    ['c7 00 03', /byte 0: the type of the elements is missing; /],
    ['d4 03 01', /byte 0: there is no element type 1; /],
    ['d5 03 03 00', /byte 0: 1 bytes are no whole number of elements of Int16Array; /],
    ['d4 04 00', /byte 0: a bigint is a byte of sign, 00 or 01, and at least one more; /],
    ['d5 04 02 00', /byte 0: a bigint is a byte of sign/],
    ['d5 05 91 a0', /byte 0: two strings should be inside; /],
    ['d6 05 92 a1 28 a0', /byte 0: this is not a regular expression here \(SyntaxError/],
    ['c7 03 06 92 a0 01', /byte 0: two strings should be inside; /],
    ['d5 ff 00 00', /byte 0: a timestamp has 4, 8 or 12 bytes, not 2; /],
    ['d7 ff ff ff ff ff 00 00 00 00', /byte 0: no Date can hold this time; /],
    ['c7 0c ff 00 00 00 00 7f ff ff ff ff ff ff ff', /byte 0: no Date can hold this time; /],
  ];
  for (const [text, message] of cases) {
    const bytes = Uint8Array.from(text.split(' ').filter(Boolean), (byte) => Number.parseInt(byte, 16));
    assert.throws(() => decodeDocument(bytes), { name: 'Error', message });
  }
});

test('a_range_outside_the_bytes_is_refused', () => {
  for (const [at, size] of [
    [0, 3],
    [2, 1],
    [-1, 1],
    [3, undefined],
  ] as const)
    // prettier-ignore
    assert.throws(() => decodeDocument(new Uint8Array(2), false, at, size), {
      name: 'RangeError',
      message: /^cannot read the document: bytes .* are not within the 2 given; pass the view that holds them$/,
    });
});
