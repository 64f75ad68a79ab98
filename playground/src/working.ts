// Part two: workers that read one map where it is, and write beside it, live.
//
// Readers read `current`. Writers have maps of their own, which they share from time to time; every second the page joins
// them with the first map to the next `current`, and hands that on. What the page has attached to stays readable when the
// worker that made it is terminated.

import { attach, capabilities, collect, HAMT, release, share, type ShareToken, stats } from 'coppice';
import { about, byId, byteText, button, count, element, onSubmit, showFigures } from './dom.js';
import { ENTRIES, type FromWorker, keyOf, type SharedMap, type ToWorker } from './map-protocol.js';

const JOIN_MS = 1000;

class Helper {
  readonly row = element('tr');
  /** What it has written, as far as it has told. */
  written: HAMT<number> | undefined;
  ended = false;
  readsPerSecond = 0;
  writesPerSecond = 0;
  private readonly cells = Array.from({ length: 4 }, () => element('td'));
  private readonly stop: HTMLButtonElement;
  private readonly worker: Worker;
  private last = { at: performance.now(), reads: 0, writes: 0 };
  reads = 0;
  wrong = 0;
  /** The number of the map that it has attached to. */
  map = -1;
  readonly number: number;

  constructor(number: number, shared: SharedMap, writes: boolean) {
    this.number = number;
    this.stop = button('Terminate', `Terminate worker ${number}`, () => {
      this.terminate();
      verify(this);
    });
    this.row.append(element('th', { scope: 'row' }, String(number)), ...this.cells);
    this.cells[3]?.append(this.stop);
    this.worker = new Worker(new URL('./map-worker.js', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      this.hear(data);
    });
    this.tell({ kind: 'start', ...shared, worker: number, writes });
    this.show();
  }

  tell(message: ToWorker): void {
    if (!this.ended) this.worker.postMessage(message);
  }

  /** Wherever it is at this moment. */
  terminate(): void {
    this.worker.terminate();
    this.ended = true;
    this.readsPerSecond = this.writesPerSecond = 0;
    this.row.className = 'ended';
    this.cells[3]?.replaceChildren('terminated');
    this.show();
  }

  private hear(message: FromWorker): void {
    if (this.ended) return;
    if (message.kind === 'written') {
      this.written?.dispose();
      this.written = attach(message.token);
      this.tell({ kind: 'attached' });
    } else {
      const at = performance.now();
      const seconds = (at - this.last.at) / 1000;
      this.readsPerSecond = (message.reads - this.last.reads) / seconds;
      this.writesPerSecond = (message.writes - this.last.writes) / seconds;
      this.last = { at, reads: message.reads, writes: message.writes };
      this.reads = message.reads;
      this.wrong = message.wrong;
      this.map = message.map;
    }
    this.show();
  }

  private show(): void {
    const texts = [about(this.readsPerSecond), about(this.writesPerSecond), count(this.reads)];
    texts.forEach((text, i) => this.cells[i]?.replaceChildren(text));
  }
}

const rows = byId('workers', HTMLTableSectionElement);
const figures = byId('worker-figures', HTMLDListElement);
const says = byId('workers-say', HTMLParagraphElement);
const stopAll = byId('workers-stop', HTMLButtonElement);

let helpers: Helper[] = [];
let base: HAMT<number> | undefined;
let current: HAMT<number> | undefined;
let token: ShareToken<HAMT<number>> | undefined;
let joins = 0;
let timers: ReturnType<typeof setInterval>[] = [];

/** The map that all read: made once. */
function baseMap(): HAMT<number> {
  base ??= new HAMT<number>('number').withMutations((map) => {
    for (let i = 0; i < ENTRIES; i++) map.set(keyOf(i), i);
  });
  return base;
}

/** Shares what is current from now on; all workers have attached to what was so before. */
function shareCurrent(map: HAMT<number>): SharedMap {
  if (token !== undefined) release(token);
  token = share(map);
  return { token, map: joins };
}

/** The next version: the base, and what each worker has written. */
function join(): void {
  const written = helpers.flatMap((helper) => helper.written ?? []);
  const allHaveCurrent = helpers.every(({ ended, map }) => ended || map === joins);
  if (written.length === 0 || !allHaveCurrent) return;
  const joined = written.reduce<HAMT<number>>((map, theirs) => {
    const merged = map.merge(theirs);
    if (map !== baseMap() && map !== merged) map.dispose();
    return merged;
  }, baseMap());
  if (current !== undefined && current !== base && current !== joined) current.dispose();
  current = joined;
  joins++;
  const shared = shareCurrent(joined);
  for (const helper of helpers) helper.tell({ kind: 'map', ...shared });
}

/** What somebody who terminates a worker wants to know. */
function verify(ended: Helper): void {
  const before = performance.now();
  const { written } = ended;
  let right = 0;
  written?.forEach((value, key) => {
    if (typeof key === 'string' && key.startsWith(`worker ${ended.number}, `) && value > 0) right++;
  });
  const map = baseMap().setMany([[`after worker ${ended.number}`, -1]]);
  const wrote = map.size === ENTRIES + 1;
  map.dispose();
  collect();
  const ms = (performance.now() - before).toFixed(1);
  const theirs =
    written === undefined
      ? `Worker ${ended.number} had written nothing`
      : `Worker ${ended.number}'s last version is readable, ${count(right)} of ${count(written.size)} entries right`;
  says.textContent = `${theirs}; a write of our own ${wrote ? 'went through' : 'FAILED'}, and so did a collection, in ${ms} ms: nothing is stuck.`;
  showAll();
}

function showAll(): void {
  const { liveBytes, memoryBytes, collections, recoveries } = stats();
  const sum = (of: (helper: Helper) => number): number => helpers.reduce((total, helper) => total + of(helper), 0);
  showFigures(figures, {
    'reads a second': about(sum((helper) => helper.readsPerSecond)),
    'writes a second': about(sum((helper) => helper.writesPerSecond)),
    'wrong answers': count(sum((helper) => helper.wrong)),
    entries: count(current?.size ?? 0),
    'versions joined': count(joins),
    'in use': byteText(liveBytes),
    memory: byteText(memoryBytes),
    'garbage collections': count(collections),
    'ended workers cleaned up after': count(recoveries),
  });
  stopAll.disabled = !workersRun();
}

export function workersRun(): boolean {
  return helpers.some(({ ended }) => !ended);
}

function stop(): void {
  for (const helper of helpers) if (!helper.ended) helper.terminate();
  for (const timer of timers) clearInterval(timer);
  timers = [];
  showAll();
}

function start(wanted: number, writes: boolean): void {
  stop();
  for (const { written } of helpers) written?.dispose();
  says.textContent = '';
  current ??= baseMap();
  const shared = shareCurrent(current);
  helpers = Array.from({ length: wanted }, (_, i) => new Helper(i + 1, shared, writes));
  rows.replaceChildren(...helpers.map(({ row }) => row));
  timers = [setInterval(join, JOIN_MS), setInterval(showAll, JOIN_MS / 4)];
  showAll();
}

/** Sets up the part; where memory cannot be shared it says why instead. */
export function startWorking(): void {
  const { sharedMemory } = capabilities();
  byId('workers-refused', HTMLDivElement).hidden = sharedMemory;
  byId('workers-live', HTMLDivElement).hidden = !sharedMemory;
  if (!sharedMemory) return;
  const number = byId('worker-count', HTMLInputElement);
  number.value = String(Math.min(4, Math.max(2, navigator.hardwareConcurrency)));
  onSubmit('workers-start', (field) => {
    start(Number(field('count')), field('writes') === 'on');
  });
  stopAll.addEventListener('click', stop);
}
