/** Documents of random values come back; damaged ones give an error or a value, soon and without large memory. */
import * as assert from './support/assert.js';
import { randomFrom } from './support/random.js';
import { test } from './support/runner.js';
import { decodeDocument, encodeDocument } from '../src/core/document.js';

type Random = ReturnType<typeof randomFrom>;

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)] as Item;

const sizeOf = (random: Random): number => pick(random, [random(4), random(20), random(20), random(300)]);

function randomText(random: Random): string {
  const unit = pick<() => number>(random, [
    () => 0x20 + random(0x5f),
    () => random(0x300),
    () => random(0x10000),
    () => 0xd7f0 + random(0x820),
  ]);
  return Array.from({ length: sizeOf(random) }, () => String.fromCharCode(unit())).join('');
}

const randomBytes = (random: Random, size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, () => random(256));

function randomBigint(random: Random): bigint {
  const edge = 1n << BigInt(random(140));
  return pick(random, [1n, -1n]) * (edge + BigInt(random(3)) - 1n);
}

function randomNumber(random: Random): number {
  const edge = 2 ** random(70) + random(3) - 1;
  return pick(random, [edge, -edge, edge / 3, random(256), -random(256), Infinity, Number.NaN, -0]);
}

const scalars: readonly ((random: Random) => unknown)[] = [
  randomNumber,
  randomNumber,
  randomText,
  randomText,
  randomBigint,
  (random) => pick(random, [null, undefined, true, false]),
  (random) => new Date((random(2) === 0 ? 1 : -1) * random(2 ** 32) * random(100_000)),
  (random) => randomBytes(random, sizeOf(random)),
  (random) => new Float64Array(randomBytes(random, 8 * random(5)).buffer),
  (random) => new BigInt64Array(randomBytes(random, 8 * random(5)).buffer),
  (random) => new Uint8ClampedArray(randomBytes(random, random(40))),
  (random) => randomBytes(random, random(40)).buffer,
  (random) => new DataView(randomBytes(random, 5).buffer, random(5)),
  (random) => pick(random, [/a/g, /\u{1F333}/u, /[/]\n/]),
  (random) => pick(random, [new Error('e'), new TypeError(randomText(random))]),
];

function randomValue(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 4 : random(7);
  if (kind > 3) return pick(random, scalars)(random);
  const values = Array.from({ length: sizeOf(random) >> (8 - Math.min(8, 2 * depth)) }, () =>
    randomValue(random, depth - 1),
  );
  if (kind === 0) return values;
  if (kind === 1) return new Set(values);
  if (kind === 2) return new Map(values.map((value) => [randomValue(random, 0), value]));
  const object: Record<string, unknown> = {};
  for (const value of values) {
    const name = pick(random, [randomText(random), `key${random(50)}`, String(random(100)), '__proto__']);
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

/** Decodes it and, if that is possible, holds that the value makes a document of its own, which is stable. */
function decodeAny(bytes: Uint8Array): boolean {
  let value: unknown;
  try {
    value = decodeDocument(bytes);
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.ok(/^cannot read the document: byte \d+: /.test(error.message), error.message);
    return false;
  }
  const document = encodeDocument(value);
  assert.equal(encodeDocument(decodeDocument(document)), document);
  return true;
}

test('random_values_come_back_and_make_the_same_bytes_again', () => {
  const random = randomFrom(11);
  for (let round = 0; round < 1000; round++) {
    const value = randomValue(random, 4);
    const document = encodeDocument(value);
    const read = decodeDocument(document, round % 2 === 0);
    assert.equal(encodeDocument(read), document);
    // Takes long: elements of sets are compared each with each.
    if (round < 200) assert.equal(read, value);
  }
});

test('any_place_and_kind_of_memory_gives_the_same_value', () => {
  if (typeof SharedArrayBuffer === 'undefined') return;
  const random = randomFrom(12);
  for (let round = 0; round < 300; round++) {
    const document = encodeDocument(randomValue(random, 3));
    const memory = new Uint8Array(new SharedArrayBuffer(document.length + 40));
    const at = random(40);
    memory.fill(0x93).set(document, at);
    const read = decodeDocument(memory, false, at, document.length);
    memory.fill(0xa1);
    assert.equal(encodeDocument(read), document);
  }
});

test('every_part_of_a_document_is_cut_short', () => {
  const random = randomFrom(13);
  for (let round = 0; round < 300; round++) {
    const document = encodeDocument(randomValue(random, 3));
    for (let size = 0; size < Math.min(document.length, 300); size++) {
      assert.ok(!decodeAny(document.subarray(0, size)));
      // The rest is there, but is not the document's.
      assert.throws(() => decodeDocument(document, false, 0, size), { name: 'Error', message: /^cannot read/ });
    }
    assert.ok(!decodeAny(Uint8Array.from([...document, 0])));
  }
});

test('single_bytes_changed_give_an_error_or_a_value', () => {
  const random = randomFrom(14);
  let values = 0;
  for (let round = 0; round < 200; round++) {
    const document = encodeDocument(randomValue(random, 3)).slice(0, 2000);
    for (let change = 0; change < 60; change++) {
      const damaged = document.slice();
      damaged[random(Math.min(damaged.length, pick(random, [8, 2000])))] = pick(random, [
        random(256),
        0xff,
        0xc9,
        0xdd,
      ]);
      if (decodeAny(damaged)) values++;
    }
  }
  assert.ok(values > 1000);
});

test('random_bytes_give_an_error_or_a_value', () => {
  const random = randomFrom(15);
  const heads = Uint8Array.from({ length: 32 }, (_, index) => 0xc0 + index);
  for (let round = 0; round < 20_000; round++) {
    const bytes = randomBytes(random, random(40));
    if (round % 2 === 0)
      bytes.set(Uint8Array.from({ length: Math.min(3, bytes.length) }, () => pick(random, [...heads])));
    decodeAny(bytes);
  }
});

test('lengths_that_lie_at_every_level_take_no_memory', () => {
  // Each array says that it has as many elements as there are bytes left, which are arrays in turn.
  const bytes = new Uint8Array(2_000_000);
  for (let at = 0; at + 5 < 2500; at += 5) {
    const left = bytes.length - at - 5;
    bytes.set([0xdd, left >>> 24, left >>> 16, left >>> 8, left], at);
  }
  bytes.fill(0xc1, 2500);
  const started = Date.now();
  for (let round = 0; round < 50; round++) assert.ok(!decodeAny(bytes));
  assert.ok(Date.now() - started < 5000);
});
