/** The worker of workers.mjs. */
import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { attach, batch, share } from '../dist/esm/index.js';

function timed(body) {
  const started = performance.now();
  body();
  return { ns: (performance.now() - started) * 1e6 };
}

parentPort.on('message', ({ answers, read, key, reads, writes, makes, n }) => {
  if (answers) {
    parentPort.postMessage({ value: answers });
  } else if (read) {
    const map = read instanceof Map ? read : attach(read);
    parentPort.postMessage({ value: map.get(key) });
  } else if (reads) {
    const map = attach(reads);
    parentPort.postMessage(
      timed(() => {
        for (let i = 0; i < n; i++) if (map.get(`key${i}`) !== i) throw new Error(`key${i}`);
      }),
    );
  } else if (writes) {
    batch(() => {
      let map = attach(writes);
      parentPort.postMessage(
        timed(() => {
          for (let i = 0; i < n; i++) map = map.set(`key${i}`, -i);
        }),
      );
    });
  } else {
    parentPort.postMessage({ token: share(attach(makes).set('made', 1)) });
  }
});
