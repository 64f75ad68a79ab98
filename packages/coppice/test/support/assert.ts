/** Assertions that need no runtime: deep equality that shows where two values part, and rejections. */

export function ok(value: unknown, what = 'a true value'): asserts value {
  if (!value) throw new Error(`expected ${what}, got ${String(value)}`);
}

/** Equal in kind and content, all the way down. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [left, right] = [lines(actual), lines(expected)];
  const at = left.findIndex((line, index) => line !== right[index]);
  if (at < 0 && left.length === right.length) return;
  const from = at < 0 ? left.length : at;
  const part = (all: string[], mark: string): string =>
    all
      .slice(Math.max(0, from - 2), from + 3)
      .map((line) => `${mark} ${line}\n`)
      .join('');
  throw new Error(`${what} differs in line ${from + 1}:\n${part(left, '  got     ')}${part(right, '  expected')}`);
}

/** That a promise rejects with an error of that name, whose message or code is as told. Returns the error. */
export async function rejects(
  promise: Promise<unknown>,
  expected: { name: string; code?: string; message?: RegExp },
): Promise<Error> {
  const error: unknown = await promise.then(
    (value) => {
      throw new Error(`expected a rejection by ${expected.name}, got the value ${lines(value).join(' ')}`);
    },
    (reason: unknown) => reason,
  );
  return matches(error, expected);
}

/** That a call throws, in the same terms. */
export function throws(call: () => unknown, expected: { name: string; code?: string; message?: RegExp }): Error {
  try {
    call();
  } catch (error) {
    return matches(error, expected);
  }
  throw new Error(`expected ${expected.name} to be thrown`);
}

function matches(error: unknown, { name, code, message }: { name: string; code?: string; message?: RegExp }): Error {
  const { name: gotName, code: gotCode } = error as { name: string; code?: string };
  equal(gotName, name, `name of the error (${String(error)})`);
  if (code !== undefined) equal(gotCode, code, 'code of the error');
  if (message && !message.test((error as Error).message)) {
    throw new Error(`the message does not match ${String(message)}: ${(error as Error).message}`);
  }
  return error as Error;
}

function lines(value: unknown, indent = '', seen: unknown[] = []): string[] {
  if (typeof value === 'bigint') return [`${indent}${value}n`];
  if (typeof value === 'string') return [indent + JSON.stringify(value)];
  if (Object.is(value, -0)) return [`${indent}-0`];
  if (value === null || typeof value !== 'object') return [indent + String(value)];
  if (seen.includes(value)) return [`${indent}(circle to level ${seen.indexOf(value)})`];
  const head = indent + value.constructor.name;
  const inner = parts(value).flatMap((part) => lines(part, `${indent}  `, [...seen, value]));
  return [head, ...inner];
}

function parts(value: object): unknown[] {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [String(value)];
  if (value instanceof Error) return [value.name, value.message];
  if (value instanceof Map) return [...value.entries()];
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value))
    return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)].slice(0, 64).concat(value.byteLength);
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)].slice(0, 64).concat(value.byteLength);
  if (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
    return [...new Uint8Array(value)].slice(0, 64).concat(value.byteLength);
  if (Array.isArray(value)) return value;
  return Object.entries(value).flat();
}
