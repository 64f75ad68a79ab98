// Who is still there: nothing in shared memory tells that a worker has ended, so the host does.
//
// - In Node the thread that has started a worker hears of its end ("worker" and "exit" events), if this package was loaded
//   there before.
// - Where there are Web Locks, a worker holds one of its own from when it loads this package until it ends, however that
//   happens. It leaves the lock's name in the memory; the others ask for the lock, and who gets it knows.
//
// What a worker that ended left half-made, and its claims on memory, are free for the others from then on. Until then
// nothing waits for it; only the memory that it had for itself is not used again.

import type { Space } from './space.js';

interface NodeWorker {
  readonly threadId: number;
  once(event: 'exit', listener: () => void): void;
}
interface NodeProcess {
  readonly release?: { readonly name?: string };
  readonly versions?: { readonly bun?: string; readonly deno?: string };
  on?(event: 'worker', listener: (worker: NodeWorker) => void): void;
  getBuiltinModule?(name: 'node:worker_threads'): { threadId: number };
}

const { process } = globalThis as { process?: NodeProcess };
/** Others have some of Node's events, not this one. */
const isNode =
  process?.release?.name === 'node' && process.versions?.bun === undefined && process.versions?.deno === undefined;
/** Only in browsers: in Deno a lock that is asked for keeps the program from ending. */
const isBrowser = process?.versions === undefined;
const locks = isBrowser ? (globalThis.navigator as Navigator | undefined)?.locks : undefined;

const spaces = new Set<WeakRef<Space>>();
let listens = false;

/** The number of this thread; 0 where threads have none. */
export function threadId(): number {
  return process?.getBuiltinModule?.('node:worker_threads').threadId ?? 0;
}

/** Whether ends of workers are heard of. */
export function noticesEnds(): boolean {
  return listens || locks !== undefined;
}

// ---- Node

function releaseThread(thread: number): void {
  for (const reference of spaces) {
    const space = reference.deref();
    if (space === undefined) spaces.delete(reference);
    else space.x.release_thread(space.area, thread);
  }
}

function listen(): void {
  if (listens || !isNode || typeof process.on !== 'function') return;
  listens = true;
  process.on('worker', (worker) => {
    const thread = worker.threadId;
    worker.once('exit', () => {
      releaseThread(thread);
    });
  });
}

// ---- Web Locks

/** The name of the lock that this thread holds while it lives, as two words; undefined until it has it. */
let name: readonly [number, number] | undefined;
let named: (() => void) | undefined;
/** Fulfilled when the end of this thread will be noticed by those who can notice it. */
export const watched = new Promise<void>((resolve) => {
  named = resolve;
});
/** Workers whose locks were asked for, by memory. */
const asked = new WeakMap<Space, Set<number>>();

function lockName(low: number, high: number): string {
  return `coppice/${(high >>> 0).toString(16)}-${(low >>> 0).toString(16)}`;
}

function holdLock(manager: LockManager): void {
  const [low = 0, high = 0] = globalThis.crypto.getRandomValues(new Uint32Array(2));
  const forEver = new Promise<never>(() => undefined);
  manager
    .request(lockName(low, high), () => {
      name = [low, high];
      named?.();
      for (const reference of spaces) reference.deref()?.x.set_host(reference.deref()?.area ?? 0, low, high);
      return forEver;
    })
    .catch(() => undefined); // A page that is not active any more gets none: it is not noticed, and waits for nobody.
}

if (locks !== undefined) holdLock(locks);
else named?.();

/** Asks for the locks of workers that were not asked for yet. O(workers). */
export function watchOthers(space: Space): void {
  if (locks === undefined || !space.shared) return;
  const known = asked.get(space) ?? new Set();
  asked.set(space, known);
  const count = space.x.others(space.area);
  const words = space.i32.slice(space.input / 4, space.input / 4 + 3 * count);
  for (let i = 0; i < words.length; i += 3) {
    const [worker, low, high] = words.subarray(i, i + 3) as unknown as [number, number, number];
    if (known.has(worker)) continue;
    known.add(worker);
    locks
      .request(lockName(low, high), () => {
        space.x.release_worker(worker);
      })
      .catch(() => undefined); // As above.
  }
}

// ---- both

/** Frees what other workers hold in the memory when they end. */
export function watchEnds(space: Space): void {
  spaces.add(new WeakRef(space));
  listen();
  if (name !== undefined) space.x.set_host(space.area, ...name);
  watchOthers(space);
}
