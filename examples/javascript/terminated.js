// A worker is terminated while it writes. The versions that others have stay readable, nothing is locked, and the memory
// that it had is used again.
//
// Prints:
//   the worker wrote on after it had shared 5000 entries: true
//   terminated: its version has 5000 entries, and the right ones: true
//   writing goes on: 5001 entries
//   workers that ended without a word: 1
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, collect, HAMT, share, stats } from 'coppice';

async function main() {
  const empty = new HAMT('number');
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: { token: share(empty), progress } });

  const [token] = await once(worker, 'message');
  const theirs = attach(token);
  while (Atomics.load(progress, 0) < 20_000) await pause(1);
  await worker.terminate(); // wherever it is
  console.log(`the worker wrote on after it had shared ${theirs.size} entries: ${progress[0] > theirs.size}`);

  let right = true;
  theirs.forEach((value, key) => (right &&= key === `key ${value}`));
  console.log(`terminated: its version has ${theirs.size} entries, and the right ones: ${right}`);
  console.log(`writing goes on: ${theirs.set('mine', -1).size} entries`);
  collect();
  console.log(`workers that ended without a word: ${stats().recoveries}`);
}

function work({ token, progress }) {
  let map = attach(token);
  for (let i = 0; ; i++) {
    map = map.set(`key ${i}`, i);
    Atomics.store(progress, 0, i);
    if (map.size === 5000) parentPort.postMessage(share(map));
  }
}

if (isMainThread) await main();
else work(workerData);
