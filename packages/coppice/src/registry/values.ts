/**
 * Keys and values at the border between program and registry.
 *
 * Values are copied when they come in and when they go out, also within one thread: what a program does to an object
 * that it has stored or read changes nobody's entry. SharedArrayBuffers are shared by the copies, by their nature.
 */
import { timedOut, uncloneable, wrongKey } from './errors.js';

/** How long and until when to wait for a key. */
export interface AcquireOptions {
  /**
   * Reject with a `TimeoutError` when the key was not granted within so many milliseconds; 0 takes it only if it is
   * free. Waits without end if not given.
   */
  readonly timeoutMs?: number | undefined;
  /** Reject with the signal's reason when it is aborted while waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Longer timers than this fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function checkKey(method: string, key: unknown): number {
  if (typeof key === 'number' && Number.isSafeInteger(key) && key > 0) return key;
  throw wrongKey(method, key);
}

export function checkOptions({ timeoutMs, signal }: AcquireOptions): void {
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw new TypeError(
      `registry.acquire: timeoutMs is ${String(timeoutMs)}; give milliseconds, 0 or more, or leave it out to wait`,
    );
  }
  signal?.throwIfAborted();
}

export function copyIn(key: number, value: unknown): unknown {
  try {
    return copyOut(value);
  } catch (error) {
    throw uncloneable(key, error);
  }
}

export function copyOut<T>(value: T): T {
  const plain = value === null || !['object', 'function', 'symbol'].includes(typeof value);
  return plain ? value : structuredClone(value);
}

/** Calls `giveUp` once when the time is over or the signal is aborted; returns what stops that. */
export function watch(key: number, options: AcquireOptions, giveUp: (reason: unknown) => void): () => void {
  const { timeoutMs, signal } = options;
  const aborted = (): void => {
    giveUp(signal?.reason);
  };
  signal?.addEventListener('abort', aborted, { once: true });
  // Keeps the process alive: somebody awaits it. There is none left once the promise is settled.
  const timer =
    timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS
      ? setTimeout(() => {
          giveUp(timedOut(key, timeoutMs));
        }, timeoutMs)
      : undefined;
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
  };
}
