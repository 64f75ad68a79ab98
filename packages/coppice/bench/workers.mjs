/** Workers that read and write one map, and what it takes to hand one a map. */
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { attach, HAMT, share } from '../dist/esm/index.js';
import { median, Times } from './measure.mjs';

class Peer {
  constructor() {
    this.worker = new Worker(new URL('./worker.mjs', import.meta.url));
  }
  call(message) {
    return new Promise((resolve) => {
      this.worker.once('message', resolve);
      this.worker.postMessage(message);
    });
  }
}

const mapOf = (n) =>
  HAMT.from(
    Array.from({ length: n }, (_, i) => [`key${i}`, i]),
    'number',
  );

/**
 * Of a map of 100k entries: until a worker has read a key of it. Sent as a Map, it is cloned. What a message and its answer
 * take by themselves is given too.
 */
async function handOver(peer, quick) {
  const n = 100_000;
  const native = new Map(Array.from({ length: n }, (_, i) => [`key${i}`, i]));
  const times = new Times();
  const maps = Array.from({ length: quick ? 5 : 20 }, (_, round) => mapOf(n).set('round', round));
  globalThis.gc();
  for (const map of maps) {
    for (const [side, message] of [
      ['message', () => ({ answers: 77 })],
      ['ours', () => ({ read: share(map), key: 'key77' })],
      ['clone', () => ({ read: native, key: 'key77' })],
    ]) {
      const started = performance.now();
      const found = await peer.call(message());
      times.add('hand_over', side, performance.now() - started);
      if (found.value !== 77) throw new Error(`${side} read ${found.value}`);
    }
  }
  const [{ rivals, ...row }] = times.rows(n, {}, 'ms');
  return [{ ...row, rivals: { clone: rivals.clone }, params: { message: rivals.message } }];
}

/** The cost of an operation when so many workers work at once. */
async function together(peers, job, n, quick) {
  const costs = [];
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    const answers = await Promise.all(peers.map((peer) => peer.call(job)));
    costs.push(Math.max(...answers.map(({ ns }) => ns)));
  }
  return median(costs) / n;
}

export async function measureWorkers(quick) {
  const n = 100_000;
  const peers = [new Peer(), new Peer()];
  const rows = await handOver(peers[0], quick);
  const token = share(mapOf(n));
  for (const job of ['reads', 'writes']) {
    const one = await together(peers.slice(0, 1), { [job]: token, n }, n, quick);
    const two = await together(peers, { [job]: token, n }, n, quick);
    rows.push({ suite: 'js', case: `workers_${job}_2`, n, unit: 'ns', ours: two, rivals: {}, params: { alone: one } });
  }
  const made = await peers[0].call({ makes: token });
  if (attach(made.token).size !== n + 1) throw new Error('what the worker made is not there');
  await Promise.all(peers.map(({ worker }) => worker.terminate()));
  return rows;
}
