// Part three: measures in a worker, and shows a table and a plot.

import { byId, count, element, onSubmit } from './dom.js';
import { CASES, type FromMeasurer, type Row, type ToMeasurer } from './measure-protocol.js';
import { plot } from './plot.js';
import { workersRun } from './working.js';

const table = byId('measured', HTMLTableElement);
const plots = byId('plots', HTMLDivElement);
const says = byId('measuring-says', HTMLParagraphElement);
const results = byId('results', HTMLDivElement);
const begin = byId('measure-begin', HTMLButtonElement);
const stop = byId('measure-stop', HTMLButtonElement);

let worker: Worker | undefined;
let rows: Row[] = [];

const nanoseconds = (value: number): string => (value < 10 ? value.toFixed(1) : count(value));

/** By how much, so that it can be read from either side. */
function comparison({ medians: { coppice, immutable } }: Row): HTMLTableCellElement {
  const better = coppice <= immutable;
  const factor = (better ? immutable / coppice : coppice / immutable).toFixed(1);
  if (factor === '1.0') return element('td', {}, 'equal');
  return better
    ? element('td', { class: 'better' }, `${factor}× faster`)
    : element('td', { class: 'worse' }, `${factor}× slower`);
}

function sizesMeasured(): number[] {
  return [...new Set(rows.map(({ entries }) => entries))];
}

function showRows(): void {
  results.hidden = rows.length === 0;
  for (const body of [...table.tBodies]) body.remove();
  for (const entries of sizesMeasured()) {
    const head = element('th', { scope: 'rowgroup', colspan: '4' }, `${count(entries)} entries`);
    const lines = rows
      .filter((row) => row.entries === entries)
      .map((row) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, CASES[row.name]),
          element('td', {}, nanoseconds(row.medians.coppice)),
          element('td', {}, nanoseconds(row.medians.immutable)),
          comparison(row),
        ),
      );
    table.append(element('tbody', {}, element('tr', { class: 'group' }, head), ...lines));
  }
  showPlots();
}

function showPlots(): void {
  const widthPx = plots.clientWidth;
  if (widthPx === 0) return;
  const range = rows.flatMap(({ medians }) => Object.values(medians));
  plots.replaceChildren(
    ...sizesMeasured().map((entries) =>
      plot({ rows: rows.filter((row) => row.entries === entries), entries, range, widthPx }),
    ),
  );
}

function end(text: string): void {
  worker?.terminate();
  worker = undefined;
  begin.disabled = false;
  stop.disabled = true;
  says.textContent = text;
}

function hear(message: FromMeasurer): void {
  switch (message.kind) {
    case 'round':
      says.textContent = `${count(message.entries)} entries: round ${message.round} of ${message.rounds}`;
      break;
    case 'rows':
      rows = [...rows, ...message.rows];
      showRows();
      break;
    case 'end':
      end(`Done. (All that was read adds up to ${count(message.sum)}.)`);
  }
}

function start(sizes: readonly number[]): void {
  if (sizes.length === 0) {
    says.textContent = 'Choose a size first.';
    return;
  }
  if (workersRun()) {
    says.textContent = 'Terminate the workers above first: they would take part of the time.';
    return;
  }
  rows = [];
  showRows();
  begin.disabled = true;
  stop.disabled = false;
  says.textContent = 'Starting';
  worker = new Worker(new URL('./measure-worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<FromMeasurer>) => {
    hear(data);
  });
  worker.addEventListener('error', ({ message }) => {
    end(`It failed: ${message}`);
  });
  const request: ToMeasurer = { sizes };
  worker.postMessage(request);
}

export function startMeasuring(): void {
  onSubmit('measure', (field) => {
    start([1000, 10_000, 100_000].filter((size) => field(`size-${size}`) === 'on'));
  });
  stop.addEventListener('click', () => {
    end('Stopped.');
  });
  let lastWidth = 0;
  new ResizeObserver(() => {
    if (plots.clientWidth === lastWidth) return;
    lastWidth = plots.clientWidth;
    showPlots();
  }).observe(plots);
}
