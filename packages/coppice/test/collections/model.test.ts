/** Random steps against the collections of the language, many versions at a time. */
import { HAMT, type Key } from '../../src/hamt.js';
import { Vector } from '../../src/vector.js';
import { equal } from '../support/assert.js';
import { randomFrom } from '../support/random.js';
import { test } from '../support/runner.js';

const STEPS = 20_000;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function anyValue(random: (below: number) => number): unknown {
  const makers = [
    () => random(100),
    () => `v${random(50)}`,
    () => 'x'.repeat(random(400)),
    () => ({ a: random(5), b: [random(3)] }),
    () => null,
    () => random(2) === 0,
    () => -0.5 * random(9),
    () => 10n ** BigInt(random(40)),
    () => new Uint8Array([random(9)]),
    () => `é${random(9)}`,
    () => (random(50) === 0 ? 'y'.repeat(70_000) : 'z'),
  ];
  return makers[random(makers.length)]?.();
}

test('a map is what a Map is', async () => {
  const random = randomFrom(20261121);
  const anyKey = (): Key =>
    [random(300), `key${random(300)}`, 'z'.repeat(random(300)), random(300) / 4, `ሴ${random(5)}`][random(5)] as Key;
  const versions: [HAMT, Map<Key, unknown>][] = [[new HAMT(), new Map<Key, unknown>()]];
  for (let step = 0; step < STEPS; step++) {
    const at = random(3) > 0 ? versions.length - 1 : random(versions.length);
    const [map, model] = versions[at] as (typeof versions)[0];
    const key = anyKey();
    const next = new Map(model);
    if (random(4) > 0) {
      const value = anyValue(random);
      next.set(key, value);
      versions.push([map.set(key, value), next]);
    } else {
      next.delete(key);
      versions.push([map.delete(key), next]);
    }
    if (versions.length > 40) versions.splice(random(39), 1);
    if (step % 100 === 0) {
      const [seen, expected] = versions[random(versions.length)] as (typeof versions)[0];
      equal(seen.size, expected.size);
      for (const [known, value] of expected) equal(seen.get(known), value);
      const all = new Map(seen);
      equal(all.size, expected.size);
      for (const [known, value] of all) equal(value, expected.get(known));
    }
    if (step % 1000 === 0) await turn();
  }
});

test('a vector is what an array is', async () => {
  const random = randomFrom(7);
  const versions: [Vector, unknown[]][] = [[new Vector(), []]];
  const steps: ((vector: Vector, model: unknown[]) => [Vector, unknown[]])[] = [
    (vector, model) => {
      const value = anyValue(random);
      return [vector.push(value), [...model, value]];
    },
    (vector, model) => [vector.pop(), model.slice(0, -1)],
    (vector, model) => {
      const index = random(model.length + 1);
      const value = anyValue(random);
      const next = model.slice();
      if (index < next.length) next[index] = value;
      return [vector.set(index, value), next];
    },
    (vector, model) => {
      const [from, to] = [random(model.length + 1), random(model.length + 1)];
      return [vector.slice(from, to), model.slice(from, to)];
    },
    (vector, model) => {
      const other = versions[random(versions.length)];
      if (other === undefined || model.length + other[1].length > 1500) return [vector, model];
      return [vector.concat(other[0]), [...model, ...other[1]]];
    },
    (vector, model) => {
      const at = random(model.length + 1);
      const next = model.slice();
      next.splice(at, 0, 1, 'z');
      return [vector.insert(at, 1, 'z'), next];
    },
    (vector, model) => {
      const at = random(model.length + 1);
      const next = model.slice();
      next.splice(at, 3);
      return [vector.remove(at, 3), next];
    },
  ];
  for (let step = 0; step < STEPS; step++) {
    const at = random(3) > 0 ? versions.length - 1 : random(versions.length);
    const [vector, model] = versions[at] as (typeof versions)[0];
    const which = random(2) === 0 ? 0 : random(steps.length);
    versions.push((steps[which] as (typeof steps)[0])(vector, model));
    if (versions.length > 30) versions.splice(random(29), 1);
    if (step % 100 === 0) {
      const [seen, expected] = versions[random(versions.length)] as (typeof versions)[0];
      equal(seen.toArray(), expected);
      for (let i = 0; i < 10; i++) {
        const index = random(expected.length + 1);
        equal(seen.get(index), expected[index]);
      }
    }
    if (step % 1000 === 0) await turn();
  }
});
