/** What tests/golden/packs/javascript_versions.pack holds; tests/pack/javascript_test.cpp reads it. */
import { HAMT } from '../../src/hamt.js';
import { HAMTSet } from '../../src/hamt-set.js';
import type { Collection } from '../../src/sharing.js';
import { Vector } from '../../src/vector.js';

/** The seed that it is written under. */
export const goldenSeed = 0x0123456789abcdefn;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export function goldenVersions(): Record<string, Collection> {
  const numbers = new HAMT<number>('number').withMutations((map) => {
    for (const i of range(100)) map.set(i, i * 1.5);
  });
  const texts = new HAMT<string>([
    ['short', 'text'],
    ['long', 'x'.repeat(300)],
    ['übung', 'größer'],
  ]);
  const mixed = new HAMT<unknown>([
    ['null', null],
    ['true', true],
    ['int64', 2n ** 60n],
    ['bigint', 2n ** 70n],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['document', { a: [1] }],
  ]);
  const list = new Vector(range(1000), 'number');
  return {
    numbers,
    changed: numbers.set(7, -1).delete(8),
    texts,
    mixed,
    set: new HAMTSet(['a', 'b', 'ü']),
    list,
    inserted: list.insert(500, -1),
    pushed: list.push(1000),
    words: new Vector(['one', 'two', 'x'.repeat(300)]),
    empty: new HAMT(),
    'empty list': new Vector(),
  };
}
