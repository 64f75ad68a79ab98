/**
 * Runs the tests of one file in whatever runtime loads it, one after the other, and prints a line for each, which
 * test/run.mjs reads: `ok NAME`, `not ok NAME` with the error indented below, `skip NAME: REASON`, and `end` at last.
 */
type Body = () => void | Promise<void>;

const tests: { name: string; body: Body }[] = [];

/** A test that takes longer has failed: something that it awaits does not come. */
const LIMIT_MS = 60_000;

/** Thrown to say why a test cannot be run here. */
class Skip extends Error {}

/** Adds a test; all of a file run when its module has been evaluated. */
export function test(name: string, body: Body): void {
  if (tests.push({ name, body }) === 1) setTimeout(() => void runAll(), 0);
}

/** Ends the test that calls it; only for what a runtime lacks and has no documented replacement for. */
export function skip(reason: string): never {
  throw new Skip(reason);
}

async function runAll(): Promise<void> {
  for (const { name, body } of tests) {
    try {
      await within(body);
      console.log(`ok ${name}`);
    } catch (error) {
      if (error instanceof Skip) console.log(`skip ${name}: ${error.message}`);
      else console.log(`not ok ${name}\n${explain(error)}`);
    }
  }
  console.log('end');
}

async function within(body: Body): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not finished after ${LIMIT_MS} ms`));
    }, LIMIT_MS);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function explain(error: unknown): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  return text.replace(/^/gm, '    ');
}
