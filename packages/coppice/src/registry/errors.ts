/** Errors of the registry: each says what happened, to which key, and what to do about it. */

/**
 * An error of a registry that has a code to tell it by.
 *
 * - `not_held`: the key is not held by this thread.
 * - `closed`: this thread no longer has a connection to the registry.
 * - `unbound`: there is nobody to bind to, or `bind` was called where it has no meaning.
 *
 * @example
 * ```ts
 * import { Registry, RegistryError } from 'coppice/registry';
 *
 * const registry = new Registry<string>();
 * await registry.release(1).catch((error: unknown) => {
 *   if (error instanceof RegistryError) console.log(error.code); // not_held
 * });
 * ```
 */
export class RegistryError extends Error {
  /** `RegistryError` */
  override readonly name = 'RegistryError';
  /** What happened. */
  readonly code: 'not_held' | 'closed' | 'unbound';

  constructor(code: 'not_held' | 'closed' | 'unbound', message: string) {
    super(message);
    this.code = code;
  }
}

export function notHeld(key: number): RegistryError {
  return new RegistryError(
    'not_held',
    `registry.release(${key}): this thread does not hold key ${key}; ` +
      `release once, in the thread that acquired it, after acquire(${key}) has resolved`,
  );
}

export function timedOut(key: number, timeoutMs: number): DOMException {
  return new DOMException(
    `registry.acquire(${key}): not granted within ${timeoutMs} ms; another holder has not released the key, ` +
      `so wait longer, or see that every acquire is followed by a release, also after an error`,
    'TimeoutError',
  );
}

export function uncloneable(key: number, cause: unknown): DOMException {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DOMException(
    `registry.set(${key}): the value cannot be copied to other threads (${why}); functions, symbols and objects tied ` +
      `to one thread have to be left out; the entry is as it was`,
    'DataCloneError',
  );
}

export function wrongKey(method: string, key: unknown): TypeError {
  const shown = typeof key === 'number' || typeof key === 'bigint' ? String(key) : `of type ${typeof key}`;
  return new TypeError(
    `registry.${method}: the key is ${shown}, but keys are whole numbers from 1 to 2^53 - 1; number your entries`,
  );
}
