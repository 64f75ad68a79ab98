/** A worker that reads, changes and shares collections as the test tells it. */
import { HAMT, type Key } from '../../src/hamt.js';
import { pack, unpack } from '../../src/pack.js';
import { attach, endIsNoticed, fromBytes, share, type ShareToken, snapshotBytes, workerId } from '../../src/sharing.js';
import type { Vector } from '../../src/vector.js';
import { insideWorker } from '../support/workers.js';

const inside = await insideWorker();

function sumOf(map: HAMT<number>): number {
  let sum = 0;
  map.forEach((value) => (sum += value));
  return sum;
}

const programs = {
  /** What this worker finds in a map. */
  read: (token: ShareToken<HAMT<number>>, keys: Key[]) => {
    const map = attach(token);
    return { size: map.size, sum: sumOf(map), values: map.getMany(keys) };
  },
  readBytes: (bytes: Uint8Array) => snapshotBytes(fromBytes(bytes)),
  /** The version of a pack, and one made of it. */
  repack: (bytes: Uint8Array) => {
    const [map] = unpack<HAMT<number>>(bytes) as [HAMT<number>];
    return pack([map, map.set('from the worker', 1)]);
  },
  elements: (token: ShareToken<Vector>) => attach(token).toArray(),
  /** A map made of another one by so many changes, shared. */
  extend: (token: ShareToken<HAMT<number>>, prefix: string, count: number) => {
    let map = attach(token);
    for (let i = 0; i < count; i++) map = map.set(`${prefix}${i}`, i);
    return { token: share(map), id: workerId() };
  },
  fails: (token: ShareToken<HAMT<number>>) => {
    try {
      attach(token);
      return 'attached';
    } catch (error) {
      return (error as Error).message;
    }
  },
  /** Receives nothing for so long. */
  busy: (forMs: number) => {
    const end = performance.now() + forMs;
    while (performance.now() < end);
    return 'done';
  },
  /** Changes maps, without end if no time is given: then the test terminates it in the midst of it. */
  churn: (token: ShareToken<HAMT<number>>, forMs = Infinity) => {
    const base = attach(token);
    inside.post({ result: workerId() });
    const end = performance.now() + forMs;
    for (let round = 0; performance.now() < end; round++) {
      let map = base;
      for (let i = 0; i < 5000; i++) map = map.set(`churn${(i * 7 + round) % 3000}`, i);
      map.dispose();
    }
    return 'done';
  },
};

inside.onMessage((message) => {
  const { program, args } = message as { program: keyof typeof programs; args: never[] };
  try {
    inside.post({ result: (programs[program] as (...all: never[]) => unknown)(...args) });
  } catch (error) {
    inside.post({ error: String((error as Error).stack) });
  }
});
await endIsNoticed();
inside.post({ result: 'ready' });
