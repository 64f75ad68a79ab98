// A worker of part two: reads the map that all workers read, checks each answer, and, if it is told to, writes a map of its
// own, in the same memory.

import { attach, endIsNoticed, HAMT, release, share, type ShareToken } from 'coppice';
import { ENTRIES, type FromWorker, keyOf, type SharedMap, type ToWorker, WRITTEN, writtenKey } from './map-protocol.js';

const SLICE_MS = 20;
const REPORT_MS = 200;
const READS_AT_ONCE = 64;

let map: HAMT<number> | undefined;
let own: HAMT<number> | undefined;
/** Of what was shared last, until the page has attached to it. */
let ownToken: ShareToken<HAMT<number>> | undefined;
let worker = 0;
const totals = { reads: 0, writes: 0, wrong: 0, map: 0 };

function tell(message: FromWorker): void {
  postMessage(message);
}

function replaceMap(shared: SharedMap): void {
  map?.dispose();
  map = attach(shared.token);
  totals.map = shared.map;
}

function read(from: HAMT<number>): void {
  for (let n = 0; n < READS_AT_ONCE; n++) {
    const i = Math.floor(Math.random() * ENTRIES);
    if (from.get(keyOf(i)) !== i) totals.wrong++;
  }
  totals.reads += READS_AT_ONCE;
}

function write(to: HAMT<number>): HAMT<number> {
  totals.writes++;
  return to.set(writtenKey(worker, totals.writes % WRITTEN), totals.writes);
}

function report(): void {
  tell({ kind: 'progress', ...totals });
  if (own === undefined || ownToken !== undefined) return;
  ownToken = share(own);
  tell({ kind: 'written', token: ownToken });
}

function slice(): void {
  const until = performance.now() + SLICE_MS;
  while (performance.now() < until) {
    if (map !== undefined) read(map);
    if (own !== undefined) for (let n = 0; n < READS_AT_ONCE / 4; n++) own = write(own);
  }
  setTimeout(slice);
}

async function start(writes: boolean): Promise<void> {
  await endIsNoticed();
  if (writes) own = new HAMT<number>('number');
  setInterval(report, REPORT_MS);
  slice();
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'attached') {
    if (ownToken !== undefined) release(ownToken);
    ownToken = undefined;
    return;
  }
  replaceMap(data);
  if (data.kind !== 'start') return;
  worker = data.worker;
  void start(data.writes);
});
