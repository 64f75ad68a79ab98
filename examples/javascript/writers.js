// Four workers read a web server's log, a part each, and count requests and bytes for each page in maps of their own, in
// one memory and without waiting for each other. The main thread joins the four maps.
//
// Prints:
//   4 workers counted 200000 requests
//   /            40000 requests
//   /map         20000 requests
//   /forest/1    1000 requests
//   the same as one thread counts: true
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, batch, HAMT, share } from 'coppice';

const LINES = 200_000;
const PARTS = 4;

/** A line of the log: of ten requests two are for the first page, one is for the map, the rest for 140 others. */
function line(i) {
  const pages = ['/', '/', '/map'];
  const page = pages[i % 10] ?? `/forest/${(i % 10) - 2 + 7 * (((i / 10) % 20) >>> 0)}`;
  return `192.0.2.${i % 250} - - [21/Nov/2025:10:00:00 +0000] "GET ${page} HTTP/1.1" 200 ${500 + (i % 1000)}`;
}

function count(from, to) {
  return new HAMT('object').withMutations((pages) => {
    for (let i = from; i < to; i++) {
      const [, page, bytes] = /"GET (\S+) [^"]*" 200 (\d+)/.exec(line(i));
      pages.update(page, (so = { requests: 0, bytes: 0 }) => ({
        requests: so.requests + 1,
        bytes: so.bytes + Number(bytes),
      }));
    }
  });
}

/** Both maps' counts, added. */
function joined(a, b) {
  return a.withMutations((sum) => {
    for (const [page, { requests, bytes }] of b) {
      const so = a.get(page) ?? { requests: 0, bytes: 0 };
      sum.set(page, { requests: so.requests + requests, bytes: so.bytes + bytes });
    }
  });
}

/** What a worker counts. It has to live until its map is attached here: its token ends with it. */
function countedBy(part) {
  return new Promise((resolve, reject) => {
    const empty = share(new HAMT('object')); // tells the worker in which memory to make its map
    const worker = new Worker(new URL(import.meta.url), { workerData: { empty, part } });
    worker.once('error', reject);
    worker.once('message', (token) => {
      resolve(attach(token));
      worker.postMessage('attached');
    });
  });
}

async function main() {
  const counts = await Promise.all(Array.from({ length: PARTS }, (_, part) => countedBy(part)));
  const total = batch(() => counts.reduce(joined)); // the maps in between are not kept

  const pages = [...total].sort((a, b) => b[1].requests - a[1].requests || (a[0] < b[0] ? -1 : 1));
  const requests = pages.reduce((sum, [, of]) => sum + of.requests, 0);
  console.log(`${PARTS} workers counted ${requests} requests`);
  for (const [page, of] of pages.slice(0, 3)) console.log(`${page.padEnd(12)} ${of.requests} requests`);
  console.log(`the same as one thread counts: ${total.equals(count(0, LINES))}`);
}

function work({ empty, part }) {
  attach(empty);
  const counted = count((part * LINES) / PARTS, ((part + 1) * LINES) / PARTS);
  parentPort.once('message', () => undefined); // then nothing keeps this worker any more
  parentPort.postMessage(share(counted));
}

if (isMainThread) await main();
else work(workerData);
