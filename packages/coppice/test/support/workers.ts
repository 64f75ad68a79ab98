/**
 * Real workers in every runtime: of node:worker_threads in Node, Bun and Deno, web Workers in Chromium, and in Bun and
 * Deno too where a test asks for them. A worker's module is test/workers/NAME.ts, bundled beside the tests.
 */
import type * as WorkerThreads from 'node:worker_threads';
import type { WorkerLike } from '../../src/registry.js';

type Threads = typeof WorkerThreads;

const threads = (globalThis as { process?: { getBuiltinModule?(name: string): Threads } }).process?.getBuiltinModule?.(
  'node:worker_threads',
);

/** Marks messages of the tests, so that those of the registry on the same line are told apart. */
const MARK = 'coppice/test';

export interface StartedWorker {
  /** For `bind`. */
  readonly worker: WorkerLike;
  readonly post: (message: unknown) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly terminate: () => Promise<void>;
}

export type Kind = 'threads' | 'web';

/** The kinds of workers that this runtime has; the first is the usual one. */
export const kinds: Kind[] = [
  ...(threads ? (['threads'] as const) : []),
  ...(typeof Worker === 'function' ? (['web'] as const) : []),
];

/** In a page that is not served securely, whoever ends a worker has to unbind it. */
export const endsUnseen = !threads && !(globalThis.navigator as { locks?: LockManager }).locks;

export function startWorker(name: string, data: unknown, kind = kinds[0]): StartedWorker {
  const url = new URL(`../workers/${name}.js`, import.meta.url);
  return kind === 'threads' && threads ? startThread(threads, url, data) : startWeb(url, data);
}

function startThread(module: Threads, url: URL, data: unknown): StartedWorker {
  const worker = new module.Worker(url, { workerData: data });
  worker.on('error', (error) => {
    console.log(`    error in ${url.pathname}: ${String(error)}`);
  });
  return {
    worker,
    post: (message) => {
      worker.postMessage({ [MARK]: message });
    },
    onMessage: (listener) => {
      worker.on('message', (message: unknown) => {
        unwrap(message, listener);
      });
    },
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function startWeb(url: URL, data: unknown): StartedWorker {
  const worker = new Worker(url, { type: 'module' });
  worker.addEventListener('error', (event) => {
    console.log(`    error in ${url.pathname}: ${event.message}`);
  });
  const post = (message: unknown): void => {
    worker.postMessage({ [MARK]: message });
  };
  post(data);
  return {
    worker,
    post,
    onMessage: (listener) => {
      worker.addEventListener('message', (event) => {
        unwrap(event.data, listener);
      });
    },
    terminate: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

function unwrap(message: unknown, listener: (message: unknown) => void): void {
  if (typeof message === 'object' && message !== null && MARK in message) listener(message[MARK]);
}

/** The worker's side: what it was started with, and its line to the parent. */
export interface Inside {
  readonly data: unknown;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** In a worker: resolves when it is known what it was started with. */
export function insideWorker(): Promise<Inside> {
  const port = threads?.parentPort;
  // Bun has a parentPort in its web Workers as well, but no data there.
  if (port && threads.workerData !== undefined && threads.workerData !== null) {
    return Promise.resolve({
      data: threads.workerData as unknown,
      post: (message: unknown) => {
        port.postMessage({ [MARK]: message });
      },
      onMessage: (listener: (message: unknown) => void) => {
        port.on('message', (message: unknown) => {
          unwrap(message, listener);
        });
      },
    });
  }
  return insideWeb();
}

function insideWeb(): Promise<Inside> {
  let listener: ((message: unknown) => void) | undefined;
  return new Promise((resolve) => {
    globalThis.addEventListener('message', (event: MessageEvent<unknown>) => {
      unwrap(event.data, (message) => {
        if (listener) {
          listener(message);
          return;
        }
        listener = () => undefined;
        resolve({
          data: message,
          post: (answer) => {
            (globalThis as unknown as WorkerLike).postMessage({ [MARK]: answer }, []);
          },
          onMessage: (next) => (listener = next),
        });
      });
    });
  });
}
