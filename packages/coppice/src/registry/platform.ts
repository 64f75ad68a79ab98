/**
 * What differs between Node, Bun, Deno and browsers, and nothing else: the thread's parent, messages of workers, a later
 * turn of the event loop, a sign of life.
 *
 * Found at run time and not by conditions of the package, so that one file serves every runtime and bundler.
 */

/** A worker as its parent sees it, or the parent as a worker sees it. */
export interface Endpoint {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  on?(event: string, listener: (value: unknown) => void): unknown;
  off?(event: string, listener: (value: unknown) => void): unknown;
  addEventListener?(event: string, listener: (event: MessageEvent<unknown>) => void): void;
  removeEventListener?(event: string, listener: (event: MessageEvent<unknown>) => void): void;
}

/** A port: those of Node, Bun and Deno are emitters and count whether they hold the process, those of browsers do not. */
export type Port = MessagePort & Pick<Endpoint, 'on'> & { ref?(): void; unref?(): void };

interface Globals {
  readonly process?: { getBuiltinModule?(name: string): { readonly parentPort: Endpoint | null } | undefined };
  readonly Deno?: unknown;
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly navigator?: { readonly locks?: LockManager };
  readonly WorkerGlobalScope?: unknown;
  readonly postMessage?: unknown;
}

const globals = globalThis as unknown as Globals;

/** The parent of this thread, or undefined if this is no worker. `web`: a worker as browsers know it. */
export function parentOfThread(): { endpoint: Endpoint; web: boolean } | undefined {
  const port = globals.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (port) return { endpoint: port, web: false };
  const isWorker = globals.WorkerGlobalScope !== undefined && typeof globals.postMessage === 'function';
  return isWorker ? { endpoint: globalThis as unknown as Endpoint, web: true } : undefined;
}

/**
 * Calls back with what a port says. As an emitter, where it is one: ports within messages that Deno delivers by the other
 * way hold the process for ever.
 */
export function listenTo(
  port: Port,
  event: 'message' | 'messageerror' | 'close',
  heard: (value: unknown) => void,
): void {
  if (port.on) port.on(event, heard);
  else
    port.addEventListener(event, (value: MessageEvent | Event) => {
      heard('data' in value ? value.data : undefined);
    });
}

/**
 * Calls back for each message of the other side that `mine` accepts, and hides it from listeners that came later where
 * the runtime lets it. Returns what stops it.
 */
export function onMessage(endpoint: Endpoint, mine: (message: unknown) => boolean): () => void {
  if (endpoint.on && (globals.Deno !== undefined || !endpoint.addEventListener)) {
    const listener = (message: unknown): void => void mine(message);
    endpoint.on('message', listener);
    return () => endpoint.off?.('message', listener);
  }
  const listener = (event: MessageEvent<unknown>): void => {
    if (mine(event.data)) event.stopImmediatePropagation();
  };
  endpoint.addEventListener?.('message', listener);
  return () => endpoint.removeEventListener?.('message', listener);
}

/** Calls back when a worker has ended, where the runtime says so: Node, Bun, and Deno's node:worker_threads. */
export function onExit(worker: Endpoint, ended: () => void): () => void {
  if (worker.on) {
    worker.on('exit', ended);
    return () => worker.off?.('exit', ended);
  }
  worker.addEventListener?.('close', ended);
  return () => worker.removeEventListener?.('close', ended);
}

/** A name that nobody else has. Not crypto.randomUUID, which pages that are not served securely lack. */
export function uniqueName(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(36)).join('-');
}

/** Calls back in a later turn of the event loop, after what has arrived meanwhile has had its chance. */
export const later: (callback: () => void) => void = (callback) => {
  if (globals.setImmediate) globals.setImmediate(callback);
  else postLater(callback);
};

const callbacks: (() => void)[] = [];
let bell: MessagePort | undefined;

/** Browsers have no setImmediate, and their setTimeout is at least 4 ms when it is nested. */
function postLater(callback: () => void): void {
  if (!bell) {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => callbacks.shift()?.();
    bell = port1;
  }
  callbacks.push(callback);
  bell.postMessage(null);
}

/**
 * Takes the lock `name` for as long as this thread lives or until the returned function is called; calls `taken` when it
 * has it, or when there are no such locks (pages that are not served securely), so that the caller goes on in any case.
 */
export function showLife(name: string, taken: (hasLock: boolean) => void): () => void {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const locks = globals.navigator?.locks;
  if (!locks) {
    taken(false);
    return end;
  }
  let asked = false;
  const hold = (): Promise<void> => {
    asked = true;
    taken(true);
    return ended;
  };
  locks.request(name, hold).catch(() => {
    if (!asked) taken(false);
  });
  return end;
}

/** Calls back when the thread that shows life by that lock has ended. */
export function onLifeEnd(name: string, ended: () => void): void {
  globals.navigator?.locks?.request(name, ended).catch(() => undefined);
}
