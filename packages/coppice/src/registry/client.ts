/**
 * A client: one thread's copy of the entries, and what it has asked of the hub and not yet heard of.
 *
 * Invariants: `entries` is what the hub's entries were at `version` (P2), and nothing but what the hub says changes it.
 * Each pending request is settled exactly once: by its answer, by being given up, or by the end of the channel. The
 * channel holds the process alive exactly while something is pending. Before `connect` everything waits in `#outbox`.
 */
import type { ClientChannel } from './channel.js';
import { notHeld, RegistryError, timedOut } from './errors.js';
import { TAG, type Data, type Request, type ToClient, type ToHub } from './protocol.js';
import { copyIn, copyOut, watch, type AcquireOptions } from './values.js';

/** How a request ends. `answered` runs while the answer is handled, before any later message. */
interface Pending {
  answered(result: boolean | undefined): void;
  failed(error: Error): void;
}

export class Client {
  readonly registry: string;
  readonly entries = new Map<number, unknown>();
  #version: number;
  readonly #pending = new Map<number, Pending>();
  #outbox: [ToHub, Transferable[]][] = [];
  #channel: ClientChannel | undefined;
  #closed: RegistryError | undefined;
  #numbers = 0;

  constructor(registry: string, start: Pick<Data, 'version' | 'entries'>) {
    this.registry = registry;
    this.#version = start.version;
    for (const [key, value] of start.entries) this.entries.set(key, value);
  }

  data(): Data {
    return { [TAG]: 'data', registry: this.registry, version: this.#version, entries: [...this.entries] };
  }

  /** Joins over the channel and sends what has waited for it. */
  connect(channel: ClientChannel): void {
    if (this.#closed) {
      channel.close();
      return;
    }
    this.#channel = channel;
    channel.listen(
      (message) => {
        this.#received(message);
      },
      (reason) => {
        this.close(reason);
      },
    );
    channel.post({ t: 'join', version: this.#version });
    for (const [message, transfer] of this.#outbox) channel.post(message, transfer);
    this.#outbox = [];
    channel.hold(this.#pending.size > 0);
  }

  /** Ends it: all that is pending and all that is asked later rejects with the reason. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = new RegistryError('closed', `the registry is closed in this thread: ${reason}`);
    this.#channel?.close();
    this.#outbox = [];
    for (const pending of this.#pending.values()) pending.failed(this.#closed);
    this.#pending.clear();
  }

  leave(): void {
    this.#post({ t: 'leave' });
    this.close('it was unbound here; make a new worker to use it again');
  }

  /** Asks the hub to take in one end of a channel. Returns the number to disown it by. */
  adopt(port: MessagePort): number {
    if (this.#closed) throw this.#closed;
    const token = ++this.#numbers;
    this.#post({ t: 'adopt', token, port }, [port]);
    return token;
  }

  disown(token: number): void {
    this.#post({ t: 'disown', token });
  }

  get(key: number): Promise<unknown> {
    return this.#ask({ t: 'sync' }, () => this.#read(key));
  }

  has(key: number): Promise<boolean> {
    return this.#ask({ t: 'sync' }, () => this.entries.has(key));
  }

  set(key: number, value: unknown): Promise<void> {
    const kept = copyIn(key, value);
    return this.#ask({ t: 'set', key, value: kept }, () => void this.entries.set(key, kept));
  }

  delete(key: number): Promise<boolean> {
    return this.#ask({ t: 'delete', key }, (result) => result === true);
  }

  clear(): Promise<void> {
    return this.#ask({ t: 'clear' }, () => undefined);
  }

  release(key: number): Promise<void> {
    return this.#ask({ t: 'release', key }, () => undefined);
  }

  acquire(key: number, options: AcquireOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const stop = watch(key, options, (reason) => {
        this.#pending.delete(id);
        this.#post({ t: 'cancel', id, key });
        this.#rest();
        stop();
        reject(reason);
      });
      const id = this.#send(
        { t: 'acquire', key, wait: options.timeoutMs !== 0 },
        {
          answered: () => {
            stop();
            resolve(this.#read(key));
          },
          failed: (error) => {
            stop();
            reject(error);
          },
        },
      );
    });
  }

  #read(key: number): unknown {
    return copyOut(this.entries.get(key));
  }

  /** Sends a request; `read` makes of the answer what the promise resolves to. */
  #ask<R>(request: Request, read: (result: boolean | undefined) => R): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#send(request, {
        answered: (result) => {
          resolve(read(result));
        },
        failed: reject,
      });
    });
  }

  #send(request: Request, pending: Pending): number {
    const id = ++this.#numbers;
    if (this.#closed) {
      pending.failed(this.#closed);
      return id;
    }
    this.#post({ ...request, id });
    this.#pending.set(id, pending);
    if (this.#pending.size === 1) this.#channel?.hold(true);
    return id;
  }

  #post(message: ToHub, transfer: Transferable[] = []): void {
    if (this.#closed) return;
    if (this.#channel) this.#channel.post(message, transfer);
    else this.#outbox.push([message, transfer]);
  }

  #received(message: ToClient): void {
    switch (message.t) {
      case 'state':
        this.#start(message.keys, new Map(message.changed));
        break;
      case 'set':
        this.entries.set(message.key, message.value);
        break;
      case 'delete':
        for (const key of message.keys) this.entries.delete(key);
        break;
      case 'done':
        this.#take(message.id)?.answered(message.result);
        break;
      case 'failed':
        this.#take(message.id)?.failed(failure(message));
        break;
      case 'end':
        this.close(message.reason);
        return;
    }
    if ('version' in message) this.#version = message.version;
  }

  /** The entries as the hub has them: those that are new to this client, the others as they are, in the hub's order. */
  #start(keys: number[], changed: Map<number, unknown>): void {
    const known = new Map(this.entries);
    this.entries.clear();
    for (const key of keys) this.entries.set(key, changed.has(key) ? changed.get(key) : known.get(key));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#rest();
    return pending;
  }

  #rest(): void {
    if (this.#pending.size === 0) this.#channel?.hold(false);
  }
}

function failure({ key, why }: Extract<ToClient, { readonly t: 'failed' }>): Error {
  return why === 'busy' ? timedOut(key, 0) : notHeld(key);
}
