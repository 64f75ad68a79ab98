/** Runs a file of tests in a process. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A file that takes longer is stopped; it should take seconds. */
export const LIMIT_MS = 150_000;

/**
 * Hands each line that the process prints to `print`. Resolves to 'well', or to what is wrong: that it did not come to
 * the end of its tests, failed, or did not end by itself.
 */
export function runInProcess(command, args, print) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let ended = false;
    let stopped = false;
    const timer = setTimeout(() => {
      stopped = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (line === 'end') ended = true;
        else print(line);
      });
    }
    child.on('error', (error) => resolve(`cannot start ${command}: ${error.message}`));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (stopped && ended) resolve('all tests ran, but the process did not end by itself');
      else if (stopped) resolve(`stopped after ${LIMIT_MS} ms`);
      else if (!ended) resolve(`ended before its tests did, with ${signal ?? code}`);
      else resolve(code === 0 ? 'well' : `exit status ${signal ?? code}`);
    });
  });
}
