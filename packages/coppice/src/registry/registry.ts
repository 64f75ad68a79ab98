/**
 * The registry as programs see it, and `bind` and `unbind`, which connect it with other threads. The work is done by the
 * client of this thread (client.ts) and the hub (hub.ts); protocol.ts tells how they work together.
 */
import { bindToParent, Children } from './bonds.js';
import { withinThread } from './channel.js';
import { Client } from './client.js';
import { RegistryError } from './errors.js';
import { Hub } from './hub.js';
import { uniqueName, type Endpoint } from './platform.js';
import { isData } from './protocol.js';
import { checkKey, checkOptions, copyOut, type AcquireOptions } from './values.js';

declare const opaque: unique symbol;

/**
 * What a thread needs to take part in a registry: hand it to a worker as it is, by `workerData` or in a message. It
 * holds the entries as of now; what changes until the worker is bound reaches it then.
 *
 * @example
 * ```ts
 * import { Registry, type RegistryData } from 'coppice/registry';
 *
 * const registry = new Registry<string>();
 * const data: RegistryData<string> = registry.data;
 * ```
 */
export interface RegistryData<T = unknown> {
  /** Not for programs. */
  readonly [opaque]: T;
}

/**
 * A worker: of node:worker_threads, or a web Worker.
 *
 * @example
 * ```ts
 * import { bind, Registry, type WorkerLike } from 'coppice/registry';
 *
 * const registry = new Registry();
 * const share = (worker: WorkerLike) => bind(registry, worker);
 * ```
 */
export interface WorkerLike {
  /** What every worker has. */
  postMessage(message: unknown, transfer: never[]): void;
}

/** What `bind` needs of a registry and programs must not have. */
interface Inside {
  readonly client: Client;
  readonly children: Children;
  readonly isHub: boolean;
  leave: (() => void) | undefined;
}

let insideOf: (registry: object) => Inside;

/**
 * A map from whole numbers to values, shared by threads. The thread that makes it is at its centre; workers take part
 * by `registry.data` and `bind`. Each thread has a copy of the entries that is kept up to date; `get` and `has` ask the
 * centre first, so that they see all that was set before.
 *
 * Only one thread at a time changes an entry: who has acquired a key may change it at once, the changes of others
 * wait in order until it is released. Reading never waits for that.
 *
 * Values are what `structuredClone` takes. They are copied on their way in and out; a SharedArrayBuffer, alone
 * or within a value, is the same memory for everyone.
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { bind, Registry } from 'coppice/registry';
 *
 * const registry = new Registry<number>();
 * await registry.set(1, 41);
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: registry.data });
 * bind(registry, worker);
 *
 * // worker.js
 * // const registry = new Registry(workerData);
 * // bind(registry);
 * // const value = await registry.acquire(1);
 * // await registry.set(1, value + 1);
 * // await registry.release(1);
 * ```
 */
export class Registry<T = unknown> {
  readonly #inside: Inside;

  static {
    insideOf = (registry) => {
      if (typeof registry === 'object' && #inside in registry) return registry.#inside;
      throw new TypeError(
        'bind: the first argument is no Registry of this copy of coppice; pass one, and import Registry and bind ' +
          'from the same module (not one by import and the other by require)',
      );
    };
  }

  /**
   * Makes a registry, or takes part in one by the `data` of another thread's.
   *
   * @param start How many entries are expected, a hint; or `registry.data`.
   * @example
   * ```ts
   * import { Registry } from 'coppice/registry';
   *
   * const registry = new Registry<{ name: string }>(1_000);
   * ```
   */
  constructor(start: number | RegistryData<T> = 0) {
    if (isData(start)) {
      const client = new Client(start.registry, start);
      this.#inside = { client, children: new Children(client), isHub: false, leave: undefined };
      return;
    }
    if (!Number.isSafeInteger(start) || (start as number) < 0) {
      throw new TypeError(
        'new Registry: the argument is neither a number of entries, 0 or more, nor the data of a registry; ' +
          'in a worker pass what the parent has in registry.data',
      );
    }
    const client = new Client(uniqueName(), { version: 0, entries: [] });
    const ends = withinThread();
    new Hub().attach(ends.hub);
    client.connect(ends.client);
    this.#inside = { client, children: new Children(client), isHub: true, leave: undefined };
  }

  /**
   * What a worker's registry is made from. Any number of workers may get the same.
   *
   * @example
   * ```ts
   * import { Worker } from 'node:worker_threads';
   * import { Registry } from 'coppice/registry';
   *
   * const registry = new Registry();
   * const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: registry.data });
   * ```
   */
  get data(): RegistryData<T> {
    return this.#inside.client.data() as unknown as RegistryData<T>;
  }

  /** How many entries this thread knows of. */
  get size(): number {
    return this.#inside.client.entries.size;
  }

  /**
   * A copy of the value of a key, or undefined. Sees every change that was made, by whatever thread, before it was called.
   *
   * @example
   * ```ts
   * import { Registry } from 'coppice/registry';
   *
   * const registry = new Registry<string>();
   * await registry.set(1, 'oak');
   * console.log(await registry.get(1), await registry.get(2)); // oak undefined
   * ```
   */
  async get(key: number): Promise<T | undefined> {
    return (await this.#client().get(checkKey('get', key))) as T | undefined;
  }

  /** Whether a key has an entry; as up to date as `get`. */
  async has(key: number): Promise<boolean> {
    return this.#client().has(checkKey('has', key));
  }

  /**
   * Gives a key a value. If another thread has acquired the key, waits for its release, in order.
   *
   * @returns The registry, once every `get` called from now on will see the value.
   * @throws DOMException named `DataCloneError` if the value cannot be copied; the entry is then as it was.
   */
  async set(key: number, value: T): Promise<this> {
    await this.#client().set(checkKey('set', key), value);
    return this;
  }

  /** Removes an entry, waiting as `set` does. Resolves to whether there was one. */
  async delete(key: number): Promise<boolean> {
    return this.#client().delete(checkKey('delete', key));
  }

  /**
   * Removes all entries that there are when it is called: those of keys that other threads have acquired each when its
   * turn comes, the others at once. Resolves when all are removed.
   */
  async clear(): Promise<void> {
    await this.#client().clear();
  }

  /**
   * Waits until nobody else holds the key, then holds it until `release`, or until this thread ends. First come, first
   * served. The key need not have an entry. Acquiring a key again before releasing it waits for that release, also in
   * the same thread.
   *
   * @returns A copy of the value, or undefined.
   * @throws DOMException named `TimeoutError` after `timeoutMs`; the signal's reason once it is aborted.
   * @example
   * ```ts
   * import { Registry } from 'coppice/registry';
   *
   * const registry = new Registry<number>();
   * const value = await registry.acquire(1, { timeoutMs: 1_000 });
   * try {
   *   await registry.set(1, (value ?? 0) + 1);
   * } finally {
   *   await registry.release(1);
   * }
   * ```
   */
  async acquire(key: number, options: AcquireOptions = {}): Promise<T | undefined> {
    checkOptions(options);
    return (await this.#client().acquire(checkKey('acquire', key), options)) as T | undefined;
  }

  /**
   * Lets the next one have a key.
   *
   * @throws RegistryError with code `not_held` if this thread does not hold it.
   */
  async release(key: number): Promise<void> {
    await this.#client().release(checkKey('release', key));
  }

  /** The keys that this thread knows of, in the order in which they were first set. */
  keys(): IterableIterator<number> {
    return this.#inside.client.entries.keys();
  }

  /** Copies of the values that this thread knows of. */
  *values(): Generator<T, undefined> {
    for (const value of this.#inside.client.entries.values()) yield copyOut(value as T);
  }

  /** The entries that this thread knows of, with copies of the values. */
  *entries(): Generator<[number, T], undefined> {
    for (const [key, value] of this.#inside.client.entries) yield [key, copyOut(value as T)];
  }

  /** The same as `entries`. */
  [Symbol.iterator](): Generator<[number, T], undefined> {
    return this.entries();
  }

  /** Calls `visit` for each entry that this thread knows of. */
  forEach(visit: (value: T, key: number, registry: this) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  /** The entries as pairs of key and value. */
  toJSON(): [number, T][] {
    return [...this];
  }

  /** `Registry` */
  get [Symbol.toStringTag](): string {
    return 'Registry';
  }

  /** What console.log of Node, Bun and Deno shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { Registry: new Map(this) };
  }

  /** A registry made from `data` that is used without `bind` is bound now: there is but one parent. */
  #client(): Client {
    if (!this.#inside.isHub && !this.#inside.leave) bind(this);
    return this.#inside.client;
  }
}

/**
 * Connects a registry with another thread: with a worker made by this thread, or, in a worker, with its parent. Both
 * sides have to do it, in any order. It sends one message over `postMessage`, `{'coppice/registry': ...}`, which
 * listeners that the program added before see as well, and may ignore.
 *
 * The worker then hears of every change, and the others of its, without anybody's help. When it ends, what it holds is
 * released: at once where the runtime tells (see the README for pages that are not served securely).
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { bind, Registry } from 'coppice/registry';
 *
 * const registry = new Registry();
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: registry.data });
 * bind(registry, worker); // in worker.js: bind(new Registry(workerData))
 * ```
 */
export function bind<T>(registry: Registry<T>, worker?: WorkerLike): void {
  const inside = insideOf(registry);
  if (worker !== undefined) {
    inside.children.bind(checkWorker('bind', worker));
    return;
  }
  if (inside.isHub) {
    throw new RegistryError(
      'unbound',
      'bind(registry): this registry was made here, by new Registry(), and has no parent; pass the worker to bind it ' +
        'to as well, or in a worker make it by new Registry(data) from what the parent has in registry.data',
    );
  }
  inside.leave ??= bindToParent(inside.client);
}

/**
 * Ends what `bind` began. For a worker: it no longer takes part, what it holds is released, and what it has asked for
 * rejects with a `closed` error; so it goes for the workers that it has bound itself. Without a worker: this thread no
 * longer takes part. The entries can still be iterated, as they were.
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { bind, Registry, unbind } from 'coppice/registry';
 *
 * const registry = new Registry();
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: registry.data });
 * bind(registry, worker);
 * unbind(registry, worker);
 * ```
 */
export function unbind<T>(registry: Registry<T>, worker?: WorkerLike): void {
  const inside = insideOf(registry);
  if (worker !== undefined) {
    inside.children.unbind(checkWorker('unbind', worker));
    return;
  }
  if (inside.isHub) {
    throw new RegistryError('unbound', 'unbind(registry): this thread made the registry; pass the worker to unbind');
  }
  inside.leave?.();
}

function checkWorker(what: string, worker: unknown): Endpoint {
  if (typeof (worker as Partial<Endpoint> | null)?.postMessage === 'function') return worker as Endpoint;
  throw new TypeError(
    `${what}: the second argument is no worker; pass what new Worker() returned, or nothing in a worker`,
  );
}
