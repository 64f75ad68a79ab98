/** Text as WTF-8: what docs/formats/values.md says byte by byte, and that every string comes back, in all kinds of memory. */
import * as assert from './support/assert.js';
import { test } from './support/runner.js';
import { isAscii, readAscii, readText, textBytes, withoutBuffer, writeText } from '../src/core/text.js';

/** From section 5. */
const GOLDEN: readonly (readonly [string, string])[] = [
  ['', ''],
  ['az', '61 7a'],
  ['\u00E9', 'c3 a9'],
  ['\u{1F333}', 'f0 9f 8c b3'],
  ['\uD800', 'ed a0 80'],
  ['\uDC00', 'ed b0 80'],
  ['\uFFFD', 'ef bf bd'],
];

/** Around each size at which another way is taken. */
const LENGTHS = [0, 1, 2, 3, 10, 11, 12, 13, 31, 32, 33, 40, 41, 100, 1365, 4095, 4096, 4097, 8191, 8192, 8193, 30_000];

const EDGES = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfffd, 0xfeff, 0xffff];

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.split(' ').filter(Boolean), (byte) => Number.parseInt(byte, 16));

/** Whole numbers below a bound, the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Adds a test that runs with what the runtime has, and once more as in a runtime without Buffer. */
function both(name: string, body: () => void): void {
  test(name, body);
  test(`${name}, without Buffer`, () => {
    withoutBuffer(body);
  });
}

const sharedBytes = (size: number): Uint8Array =>
  new Uint8Array(typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(size) : new SharedArrayBuffer(size));

/** Writes into the middle of memory, reads it back and returns the bytes. */
function throughMemory(text: string, memory: Uint8Array): string {
  memory.fill(0xee);
  const size = writeText(text, memory, 5);
  assert.equal(size, textBytes(text));
  assert.ok(memory.subarray(0, 5).every((byte) => byte === 0xee));
  assert.ok(memory.subarray(5 + size, 5 + size + 8).every((byte) => byte === 0xee));
  assert.equal(readText(memory, 5, size), text);
  assert.equal(isAscii(text), size === text.length);
  if (isAscii(text)) assert.equal(readAscii(memory, 5, size), text);
  return size > 100 ? '' : hex(memory.subarray(5, 5 + size));
}

both('strings_have_the_golden_bytes', () => {
  for (const [text, bytes] of GOLDEN) {
    assert.equal(throughMemory(text, new Uint8Array(32)), bytes);
    assert.equal(throughMemory(text, sharedBytes(32)), bytes);
  }
});

both('every_code_unit_and_every_pair_of_edges_comes_back', () => {
  const memory = new Uint8Array(32);
  for (let unit = 0; unit < 0x10000; unit++) throughMemory(String.fromCharCode(unit), memory);
  for (const first of EDGES) for (const second of EDGES) throughMemory(String.fromCharCode(first, second), memory);
});

both('texts_of_every_length_and_mixture_come_back_from_shared_memory', () => {
  const random = randomFrom(1);
  const memory = sharedBytes(100_000);
  const alphabets = [
    () => 0x20 + random(0x5f),
    () => (random(40) === 0 ? 0xe9 : 0x61),
    () => 0xa0 + random(0x60),
    () => 0x4e00 + random(0x5000),
    () => EDGES[random(EDGES.length)] as number,
    () => random(0x10000),
  ];
  for (const length of LENGTHS)
    for (const unit of alphabets)
      throughMemory(Array.from({ length }, () => String.fromCharCode(unit())).join(''), memory);
});

both('well_formed_texts_are_plain_utf8', () => {
  const random = randomFrom(2);
  const encoder = new TextEncoder();
  for (const length of LENGTHS.filter((count) => count < 9000)) {
    const points = Array.from(
      { length },
      () => [random(0x80), random(0x800), 0xe000 + random(0x102000)][random(3)] ?? 0,
    );
    const text = String.fromCodePoint(...points);
    const memory = new Uint8Array(textBytes(text));
    assert.equal(writeText(text, memory, 0), memory.length);
    assert.equal(memory, encoder.encode(text));
  }
});

both('a_pair_across_the_edge_of_a_chunk_stays_one_character', () => {
  for (let before = 8180; before < 8200; before++) {
    const text = `${'a'.repeat(before)}\u{1F333}${'\u00E9'.repeat(9000)}`;
    const memory = new Uint8Array(textBytes(text));
    assert.equal(writeText(text, memory, 0), before + 4 + 18_000);
    assert.equal(readText(memory, 0, memory.length), text);
  }
});

both('what_does_not_fit_is_not_begun', () => {
  for (const length of LENGTHS.filter((count) => count > 0)) {
    for (const character of ['a', '\u00E9', '\u6728', '\uD800']) {
      const text = character.repeat(length);
      const size = textBytes(text);
      const memory = new Uint8Array(size + 2);
      assert.equal(writeText(text, memory, 3), -1);
      assert.ok(memory.every((byte) => byte === 0));
      assert.equal(writeText(text, memory, 2), size);
      assert.equal(writeText(text, memory, size + 3), -1);
    }
  }
  assert.equal(writeText('', new Uint8Array(2), 2), 0);
  assert.equal(writeText('', new Uint8Array(2), 3), -1);
});

both('bytes_that_are_not_utf8_read_as_with_text_decoder', () => {
  const random = randomFrom(3);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const likely = [0x61, 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
  for (let round = 0; round < 20_000; round++) {
    const size = random(50);
    // Without ed, which begins surrogates.
    const byte = (): number => (random(2) === 0 ? (likely[random(likely.length)] as number) : random(0x100));
    const bytes = Uint8Array.from({ length: size }, () => byte()).map((value) => (value === 0xed ? 0x61 : value));
    assert.equal(readText(bytes, 0, size), decoder.decode(bytes), hex(bytes));
  }
});

both('surrogates_are_read_only_where_they_are_lone_and_whole', () => {
  const bad = '\uFFFD';
  const cases: readonly (readonly [string, string])[] = [
    ['ed a0 80', '\uD800'],
    ['ed bf bf', '\uDFFF'],
    ['ed b0 80 ed a0 80', '\uDC00\uD800'],
    ['ed a0 80 ed a0 80', '\uD800\uD800'],
    ['ed a0 80 61 ed b0 80', '\uD800a\uDC00'],
    // A pair that was not joined.
    ['ed a0 80 ed b0 80', bad.repeat(6)],
    ['ed a0 80 ed a0 80 ed b0 80 ed b0 80', `\uD800${bad.repeat(6)}\uDC00`],
    // Cut short, or with something else inside.
    ['ed', bad],
    ['ed a0', bad.repeat(2)],
    ['ed 80', bad],
    ['ed a0 41', `${bad.repeat(2)}A`],
    ['ed a0 80 ed b0', `\uD800${bad.repeat(2)}`],
    ['ed 9f bf', '\uD7FF'],
    // A mark of byte order is a character like others.
    ['ef bb bf 61', '\uFEFFa'],
  ];
  for (const [bytes, text] of cases) {
    for (const before of [0, 1, 20, 5000]) {
      const whole = Uint8Array.from([...new Uint8Array(before).fill(0x61), ...fromHex(bytes)]);
      assert.equal(readText(whole, 0, whole.length), 'a'.repeat(before) + text, bytes);
    }
  }
});

both('the_other_half_of_a_pair_outside_the_text_does_not_count', () => {
  const bytes = fromHex('ed a0 80 ed b0 80');
  assert.equal(readText(bytes, 0, 3), '\uD800');
  assert.equal(readText(bytes, 3, 3), '\uDC00');
});

both('reading_outside_the_memory_is_an_error', () => {
  const expected = {
    name: 'RangeError',
    message: /^cannot read text: bytes .* are not within the 4 given; pass the view/,
  };
  for (const [at, size] of [
    [0, 5],
    [4, 1],
    [-1, 1],
    [1, -1],
    [0, Number.NaN],
  ] as const) {
    assert.throws(() => readText(new Uint8Array(4), at, size), expected);
    assert.throws(() => readAscii(new Uint8Array(4), at, size), expected);
  }
});
