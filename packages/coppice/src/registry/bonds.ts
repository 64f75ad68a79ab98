/**
 * Bonds: how a worker's client gets its channel to the hub, through the thread that made the worker.
 *
 * The parent sends a hello with one end of a channel and has the hub adopt the other. A hello that comes before the worker
 * listens is lost in some runtimes; therefore a worker that has not got one soon says that it missed it, and the parent
 * sends another. Whichever of the two binds last thus meets one that listens; the worker takes the first hello only.
 */
import { overPort } from './channel.js';
import type { Client } from './client.js';
import { RegistryError } from './errors.js';
import { later, onExit, onMessage, parentOfThread, showLife, uniqueName, type Endpoint } from './platform.js';
import { isNotice, TAG, type Hello, type Missed, type ToClient, type ToHub } from './protocol.js';

/** How long a worker waits for a hello that is on its way before it asks for one. */
const HELLO_DELAY_MS = 20;

/** The parent's side: the workers that one client has bound, and how to let each go. */
export class Children {
  readonly #client: Client;
  readonly #unbind = new Map<Endpoint, () => void>();

  constructor(client: Client) {
    this.#client = client;
  }

  bind(worker: Endpoint): void {
    if (this.#unbind.has(worker)) return;
    const registry = this.#client.registry;
    const tokens: number[] = [];
    const greet = (): void => {
      const { port1, port2 } = new MessageChannel();
      tokens.push(this.#client.adopt(port1));
      worker.postMessage({ [TAG]: 'hello', registry, port: port2 } satisfies Hello, [port2]);
    };
    const stopListening = onMessage(worker, (message) => {
      const missed = isNotice(message, 'missed', registry);
      if (missed) greet();
      return missed;
    });
    const stopWatching = onExit(worker, () => {
      this.unbind(worker);
    });
    this.#unbind.set(worker, () => {
      stopListening();
      stopWatching();
      for (const token of tokens) this.#client.disown(token);
    });
    greet();
  }

  unbind(worker: Endpoint): void {
    const unbind = this.#unbind.get(worker);
    this.#unbind.delete(worker);
    unbind?.();
  }
}

/** The worker's side: waits for a hello and connects the client by it. Returns what leaves the registry. */
export function bindToParent(client: Client): () => void {
  const parent = parentOfThread();
  if (!parent) {
    throw new RegistryError(
      'unbound',
      'bind(registry): this thread is no worker, so it has no parent that could bind it; in the thread that makes ' +
        'the worker call bind(registry, worker), and in the worker bind(new Registry(data)) with its registry.data',
    );
  }
  let letGo = (): void => undefined;
  const stop = onMessage(parent.endpoint, (message) => {
    if (!isNotice(message, 'hello', client.registry)) return false;
    ready();
    letGo = connect(client, (message as Hello).port, parent.web);
    return true;
  });
  let waiting = true;
  // In a later turn: after long work in the worker the timer may go off although the hello has arrived.
  const ask = (): void => {
    if (waiting) parent.endpoint.postMessage({ [TAG]: 'missed', registry: client.registry } satisfies Missed);
  };
  const timer = setTimeout(() => {
    later(ask);
  }, HELLO_DELAY_MS);
  const ready = (): void => {
    waiting = false;
    clearTimeout(timer);
    stop();
  };
  return () => {
    ready();
    client.leave();
    letGo();
  };
}

/**
 * Connects by the port. A browser's worker first takes a lock that it has for life, and tells the hub before all else,
 * so that there is nothing it could hold before the hub can see it end.
 */
function connect(client: Client, port: MessagePort, web: boolean): () => void {
  const channel = overPort<ToHub, ToClient>(port);
  if (!web) {
    client.connect(channel);
    return () => undefined;
  }
  const lock = `${TAG} ${uniqueName()}`;
  return showLife(lock, (hasLock) => {
    if (hasLock) channel.post({ t: 'alive', lock });
    client.connect(channel);
  });
}
