// Three workers look things up in one map of 300,000 stations, none of them with a copy of it: each is given a token of a
// few words, and reads where the main thread has built it.
//
// Prints:
//   300000 stations
//   each worker took less than 2 MiB of memory, beside 12 MiB or more that the map has: true
//   3 workers found 60000 of 60000 stations, and the same ones: true
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, collect, HAMT, share, stats } from 'coppice';

const STATIONS = 300_000;
const QUESTIONS = 20_000;
const MIB = 2 ** 20;

/** The name of the station that a worker asks for next. */
const question = (worker, i) => `station ${(worker * 7919 + i * 104729) % STATIONS}`;

/** What a worker makes of the answers. */
function answers(stations, worker) {
  let found = 0;
  let heights = 0;
  for (let i = 0; i < QUESTIONS; i++) {
    const station = stations.get(question(worker, i));
    if (station === undefined) continue;
    found++;
    heights += station.height;
  }
  return { found, heights };
}

async function main() {
  const stations = HAMT.from(
    Array.from({ length: STATIONS }, (_, i) => [`station ${i}`, { height: i % 4000, open: i % 7 !== 0 }]),
  );
  console.log(`${stations.size} stations`);
  collect();
  const { liveBytes, memoryBytes } = stats();

  const token = share(stations);
  const workers = [0, 1, 2].map((number) => new Worker(new URL(import.meta.url), { workerData: { token, number } }));
  const results = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));

  const grown = stats().memoryBytes - memoryBytes;
  const small = grown < workers.length * 2 * MIB && liveBytes > 12 * MIB;
  console.log(`each worker took less than 2 MiB of memory, beside 12 MiB or more that the map has: ${small}`);

  const found = results.reduce((sum, result) => sum + result.found, 0);
  const same = results.every((result, number) => result.heights === answers(stations, number).heights);
  console.log(`3 workers found ${found} of ${3 * QUESTIONS} stations, and the same ones: ${same}`);
}

function work({ token, number }) {
  parentPort.postMessage(answers(attach(token), number));
}

if (isMainThread) await main();
else work(workerData);
