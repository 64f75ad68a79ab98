/** Packs of C++, which tests/pack/javascript_test.cpp writes, and those that it reads: tests/golden/packs. */
import compressed from '../../../../tests/golden/packs/cpp_for_javascript_compressed.pack';
import ofCollections from '../../../../tests/golden/packs/cpp_for_javascript_collections.pack';
import onBase from '../../../../tests/golden/packs/cpp_for_javascript_on_base.pack';
import ofStore from '../../../../tests/golden/packs/cpp_for_javascript_store.pack';
import unknown from '../../../../tests/golden/packs/cpp_for_javascript_unknown.pack';
import ours from '../../../../tests/golden/packs/javascript_versions.pack';
import typedInStore from '../../../../tests/golden/packs/typed_in_store.pack';
import { HAMT } from '../../src/hamt.js';
import type { HAMTSet } from '../../src/hamt-set.js';
import { pack, unpack, unpackNamed } from '../../src/pack.js';
import type { Vector } from '../../src/vector.js';
import { goldenSeed, goldenVersions } from '../support/golden.js';
import { equal, ok, throws } from '../support/assert.js';
import { test } from '../support/runner.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('the pack that C++ reads is written and read here', () => {
  const versions = goldenVersions();
  equal(pack(versions, { seed: goldenSeed }), ours);
  const back = unpackNamed(ours);
  equal([...back.keys()], Object.keys(versions));
  for (const [name, version] of back) ok(version.equals(versions[name]), `${name} to be equal`);
});

test('C++ collections are read, their elements as values', () => {
  const found = unpackNamed(ofCollections);
  const ages = found.get('ages') as HAMT<number>;
  equal([ages.type, ages.size, ages.get('name 7'), ages.get('name 9')], ['number', 100, 7, 9]);
  const older = found.get('older') as HAMT<number>;
  equal([older.size, older.get('name 7'), older.get('name 9')], [99, 8, undefined]);
  const large = found.get('large') as HAMT;
  equal([large.type, large.get(2n ** 60n), large.get(2)], ['any', 1, -3]);
  const flags = found.get('flags') as HAMT<boolean>;
  equal([flags.type, flags.get(1), flags.get(2)], ['boolean', true, false]);
  equal([...(found.get('words') as HAMTSet<string>)].sort(), ['a', 'x'.repeat(300), 'ü']);
  const list = found.get('list') as Vector<number>;
  equal(
    list.toArray(),
    range(500).map((i) => i / 4),
  );
  ok((found.get('inserted') as Vector<number>).equals(list.insert(100, -1)));
  equal((found.get('blobs') as Vector).toArray(), [new Uint8Array([1, 2])]);
});

test('versions of a store are read', () => {
  const [first, second] = unpack<HAMT>(ofStore) as [HAMT, HAMT];
  const expected = new HAMT<unknown>([
    ['text', 'größer'],
    ['long', 'x'.repeat(300)],
    [7, 1.5],
    ['large', 2n ** 60n],
    [null, true],
    ['document', { a: 1 }],
    ['bytes', new Uint8Array([1, 2, 3])],
  ]);
  equal([...first.diff(expected)], []);
  ok(second.equals(expected.set('text', 'other').delete(7)));
});

test('what cannot be read is refused, with what to do', () => {
  throws(() => unpack(compressed), { name: 'Error', message: /compressed.*coppice compact/ });
  throws(() => unpack(onBase), { name: 'Error', message: /made on another one.*coppice compact/ });
  throws(() => unpack(unknown), { name: 'TypeError', message: /i32,seq\(i32\)/ });
});

test('typed collections inside a store are refused', () => {
  throws(() => unpack(typedInStore), {
    name: 'Error',
    message: /typed collection inside a store has no counterpart in JavaScript/,
  });
});
