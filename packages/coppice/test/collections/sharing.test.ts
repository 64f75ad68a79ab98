/** Sharing collections with real workers; where memory cannot be shared, sending them. */
import { configureAutoGC, HAMT, resetBuffer, sharedBuffer } from '../../src/hamt.js';
import { HAMTSet } from '../../src/hamt-set.js';
import {
  attach,
  batch,
  capabilities,
  collect,
  configure,
  fromBytes,
  release,
  releaseWorker,
  resetMemory,
  share,
  type ShareToken,
  snapshotBytes,
  stats,
} from '../../src/sharing.js';
import { resetVector, sharedMemory, Vector } from '../../src/vector.js';
import { equal, ok, throws } from '../support/assert.js';
import { test } from '../support/runner.js';
import { type StartedWorker, startWorker } from '../support/workers.js';

const shares = capabilities().sharedMemory;
/** In Deno a worker runs on after terminate() until it returns to its event loop. */
const terminatesBusyWorkers = !('Deno' in globalThis);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const bigMap = (count: number): HAMT<number> =>
  new HAMT(
    range(count).map((i) => [`key${i}`, i] as const),
    'number',
  );

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** A worker that answers. */
class Peer {
  readonly started: StartedWorker;
  private answers: ((message: Answer) => void)[] = [];
  private early: Answer[] = [];

  private constructor() {
    this.started = startWorker('collections', {});
    this.started.onMessage((message) => {
      const answer = message as Answer;
      const wait = this.answers.shift();
      if (wait) wait(answer);
      else this.early.push(answer);
    });
  }
  static async start(): Promise<Peer> {
    const peer = new Peer();
    await peer.answer();
    return peer;
  }
  async answer(): Promise<unknown> {
    const { result, error } =
      this.early.shift() ?? (await new Promise<Answer>((resolve) => this.answers.push(resolve)));
    if (error !== undefined) throw new Error(`in the worker: ${error}`);
    return result;
  }
  call(program: string, ...args: unknown[]): Promise<unknown> {
    this.started.post({ program, args });
    return this.answer();
  }
}

/** Where another thread tells of an end, it takes a turn of the event loop, or several. */
async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited++) {
    if (waited === 100) throw new Error(`${String(condition)} is still false after five seconds`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function withPeers<R>(count: number, body: (peers: Peer[]) => Promise<R>): Promise<R> {
  const peers = await Promise.all(range(count).map(() => Peer.start()));
  try {
    return await body(peers);
  } finally {
    await Promise.all(peers.map((peer) => peer.started.terminate()));
  }
}

test('bytes carry collections anywhere', async () => {
  const map = new HAMT<unknown>([
    ['a', 1],
    [2, { b: [3] }],
  ]);
  for (const collection of [map, new HAMTSet([1, '1', null]), new Vector(['x', 2, [3]]), new HAMT('number')]) {
    const copy = fromBytes(snapshotBytes(collection));
    equal([copy.equals(collection), copy.constructor === collection.constructor], [true, true]);
  }
  equal((fromBytes(snapshotBytes(new HAMT('number'))) as HAMT).type, 'number');
  throws(() => fromBytes(new Uint8Array([1, 2, 3])), { name: 'Error' });
  await withPeers(1, async ([peer]) => {
    const back = (await peer?.call('readBytes', snapshotBytes(map))) as Uint8Array;
    ok(map.equals(fromBytes(back)));
  });
});

test('where memory cannot be shared, share() says so', () => {
  if (shares) {
    ok(sharedMemory().buffer instanceof SharedArrayBuffer);
    return;
  }
  throws(() => share(new HAMT()), { name: 'TypeError', message: /snapshotBytes/ });
});

test('four and eight workers read one map, with no copy', async () => {
  if (!shares) return;
  const map = bigMap(10_000);
  const token = share(map);
  for (const count of [4, 8]) {
    await withPeers(count, async (peers) => {
      const found = await Promise.all(peers.map((peer, i) => peer.call('read', token, [`key${i}`, 'missing'])));
      found.forEach((answer, i) => {
        equal(answer, { size: 10_000, sum: 49_995_000, values: [i, undefined] });
      });
    });
  }
  ok(release(token));
});

test('empty maps, sets and vectors are shared as well', async () => {
  if (!shares) return;
  await withPeers(1, async ([peer]) => {
    equal(await peer?.call('read', share(new HAMT('number')), ['a']), { size: 0, sum: 0, values: [undefined] });
    const elements = [1, 'a', 'a longer text', { b: [null] }, 'é'.repeat(300), ...range(500)];
    equal(await peer?.call('elements', share(new Vector<unknown>(elements))), elements);
    equal(await peer?.call('elements', share(new Vector(elements).slice(3, 200))), elements.slice(3, 200));
  });
});

test('several workers write at once, each its own versions of one map', async () => {
  if (!shares) return;
  const base = bigMap(1000);
  const token = share(base);
  await withPeers(3, async (peers) => {
    const made = await Promise.all(peers.map((peer, i) => peer.call('extend', token, `w${i}-`, 20_000)));
    const maps = made.map((answer) => attach((answer as { token: ShareToken<HAMT<number>> }).token));
    maps.forEach((map, i) => {
      equal(
        [map.size, map.get('key999'), map.get(`w${i}-19999`), map.get(`w${(i + 1) % 3}-0`)],
        [21_000, 999, 19_999, undefined],
      );
    });
    const all = maps.reduce((merged, map) => merged.merge(map), base);
    equal(all.size, 61_000);
    equal([base.size, [...(maps[0] as HAMT<number>).diff(base)].length], [1000, 20_000]);
  });
});

test('a worker that receives a token late sees what was added meanwhile', async () => {
  if (!shares) return;
  resetMemory();
  const token = share(bigMap(100));
  await withPeers(1, async ([peer]) => {
    const answers = [peer?.call('busy', 300), peer?.call('read', token, ['key7'])];
    const added = bigMap(100_000);
    equal(await answers[0], 'done');
    equal(await answers[1], { size: 100, sum: 4950, values: [7] });
    equal([added.size, added.get('key99999')], [100_000, 99_999]);
  });
  ok(release(token));
});

test('what a worker has attached to stays when the one that shared it has ended', async () => {
  if (!shares) return;
  let kept: HAMT<number> | undefined;
  let late: ShareToken<HAMT<number>> | undefined;
  await withPeers(1, async ([peer]) => {
    const { token } = (await peer?.call('extend', share(bigMap(100)), 'w', 30_000)) as {
      token: ShareToken<HAMT<number>>;
    };
    kept = attach(token);
    late = token;
  });
  let churn = new HAMT<number>('number');
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 5000; i++) churn = churn.set(`c${i}`, round);
    collect();
  }
  equal([kept?.size, kept?.get('w29999'), kept?.get('key99')], [30_100, 29_999, 99]);
  if (!capabilities().noticesEnds) return;
  await until(() => {
    collect();
    try {
      attach(late as ShareToken).dispose();
      return false;
    } catch (error) {
      return /not shared/.test((error as Error).message);
    }
  });
});

test('a token ends with release; what was attached does not', async () => {
  if (!shares) return;
  await withPeers(1, async ([peer]) => {
    const token = share(bigMap(10));
    const mine = attach(token);
    ok(release(token) && !release(token));
    throws(() => attach(token), { name: 'Error', message: /not shared any more/ });
    ok(/not shared any more/.test((await peer?.call('fails', token)) as string));
    equal(mine.size, 10);
  });
  throws(() => attach({} as ShareToken), { name: 'TypeError', message: /token/ });
  throws(() => share({} as never), { name: 'TypeError', message: /HAMT/ });
  throws(() => share(new HAMT().asMutable()), { name: 'TypeError', message: /asImmutable/ });
});

test('workers that are terminated in the midst of changes leave nothing behind', async () => {
  if (!shares) return;
  const base = bigMap(2000);
  const token = share(base);
  collect();
  const before = stats();
  // Where ends are not noticed, one after the other: each takes its time to be certain.
  const rounds = capabilities().noticesEnds ? 8 : 3;
  for (let round = 0; round < rounds; round++) {
    const id = await withPeers(1, async ([peer]) => {
      const ms = 20 + 15 * round;
      if (!terminatesBusyWorkers) {
        const number = await peer?.call('churn', token, ms);
        equal(await peer?.answer(), 'done');
        return number as number;
      }
      const number = await peer?.call('churn', token);
      await new Promise((resolve) => setTimeout(resolve, ms));
      return number as number;
    });
    if (!capabilities().noticesEnds) await releaseWorker(id);
    batch(() => {
      let map = base;
      for (let i = 0; i < 3000; i++) map = map.set(`after${i}`, i);
      equal([map.size, base.size, base.get('key7')], [5000, 2000, 7]);
    });
  }
  await until(() => {
    collect();
    return stats().recoveries >= before.recoveries + rounds;
  });
  collect();
  const after = stats();
  ok(
    after.liveBytes < before.liveBytes + 2 ** 20,
    `few live bytes: ${before.liveBytes} before, ${after.liveBytes} after`,
  );
  ok(release(token));
});

test('a scope gives back what it does not return', () => {
  const before = stats().versions;
  const kept = batch(() => {
    const maps = range(100).map((i) => new HAMT<number>([['a', i]]));
    return maps[7] as HAMT<number>;
  });
  equal([kept.get('a'), stats().versions - before], [7, 1]);
  throws(
    () =>
      batch(() => {
        new HAMT([['a', 1]]);
        throw new RangeError('stop');
      }),
    { name: 'RangeError' },
  );
  equal(stats().versions - before, 1);
  kept.dispose();
});

test('memory has a buffer, can be given up for another, and is collected when asked', () => {
  const map = new HAMT<number>([['a', 1]]);
  equal(sharedBuffer === sharedMemory().buffer, true);
  const before = sharedBuffer;
  configureAutoGC({ enabled: false });
  let churn = map;
  for (let i = 0; i < 20_000; i++) {
    const fork = map.set(`k${i % 100}`, i);
    fork.dispose();
    churn = churn.set(`k${i % 100}`, i);
  }
  const grown = stats().liveBytes;
  collect();
  configureAutoGC();
  ok(grown >= 0 && churn.size === 101);
  resetBuffer();
  equal(sharedBuffer, undefined);
  const other = new HAMT<number>([['a', 1]]);
  ok(sharedBuffer !== before && other.equals(map) && map.merge(other) === map);
  resetVector();
  equal([new Vector([1]).size, map.get('a'), other.get('a')], [1, 1, 1]);
});

test('where clones of memory are copies, memory is not shared', () => {
  if (!shares) return;
  const globals = globalThis as { structuredClone: unknown };
  const before = globals.structuredClone;
  for (const clone of [
    () => new WebAssembly.Memory({ initial: 17, maximum: 17, shared: true }),
    () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    () => ({}),
  ]) {
    globals.structuredClone = clone;
    resetMemory();
    try {
      equal([new HAMT([['a', 1]]).get('a'), capabilities().sharedMemory], [1, false]);
    } finally {
      globals.structuredClone = before;
      resetMemory();
    }
  }
  ok(capabilities().sharedMemory);
});

test('a module that the program has compiled is used', () => {
  if (!shares) return;
  throws(
    () => {
      configure({ module: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) });
      resetMemory();
      new HAMT();
    },
    { name: 'TypeError' },
  );
  configure({ module: undefined as never });
  resetMemory();
  equal(new HAMT([['a', 1]]).get('a'), 1);
});

test('memory that is full says what to do, and nothing is lost', () => {
  configure({ maximumBytes: 16 * 2 ** 20 });
  resetMemory();
  try {
    const kept: HAMT<number>[] = [];
    const base = bigMap(2000);
    const error = throws(
      () => {
        for (let i = 0; ; i++) {
          kept.push(batch(() => base.set(`k${i}`, i).set(`j${i}`, i).set('x'.repeat(3000), i)));
        }
      },
      { name: 'RangeError', message: /withMutations.*dispose/ },
    );
    ok(/nothing was changed/.test(error.message));
    kept.forEach((map, i) => {
      equal([map.size, map.get(`j${i}`), map.get('key1999')], [2003, i, 1999]);
    });
    equal(base.size, 2000);
    for (const map of kept) map.dispose();
    const more = bigMap(3000);
    equal(more.size, 3000);
    throws(
      () => {
        configure({ maximumBytes: 1 });
        resetMemory();
        new HAMT();
      },
      { name: 'RangeError', message: /maximumBytes is 1/ },
    );
  } finally {
    configure({ maximumBytes: 2 ** 32 });
    resetMemory();
  }
});
