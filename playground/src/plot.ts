// A plot of one size: for each case a dot for each side, on a logarithmic axis.

import { count, element, svg } from './dom.js';
import { CASES, type Row, type Side, SIDES } from './measure-protocol.js';

export interface Plot {
  readonly rows: readonly Row[];
  readonly entries: number;
  /** Of all plots beside each other: they have one axis. */
  readonly range: readonly number[];
  readonly widthPx: number;
}

const NAMES: Record<Side, string> = { coppice: 'Coppice', immutable: 'Immutable.js' };
const LABELS = 112;
const RIGHT = 22;
const TOP = 8;
const ROW = 30;
const AXIS = 46;
const DOT = 5.5;

/** 1, 2 and 5 of each power of ten, the ones around the values included. */
function ticksAround(low: number, high: number): number[] {
  const steps = Array.from({ length: 7 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
  const from = steps.findLastIndex((step) => step <= low);
  const to = steps.findIndex((step) => step >= high);
  return steps.slice(Math.max(0, from), to === -1 ? undefined : to + 1);
}

function dot(side: Side, x: number, y: number): SVGElement {
  if (side === 'coppice') return svg('circle', { class: `dot ${side}`, cx: x, cy: y, r: DOT });
  const half = DOT - 0.5;
  return svg('rect', { class: `dot ${side}`, x: x - half, y: y - half, width: 2 * half, height: 2 * half });
}

function legend(): HTMLElement {
  const mark = (side: Side): Node =>
    element('span', {}, svg('svg', { width: 14, height: 14, 'aria-hidden': 'true' }, dot(side, 7, 7)), NAMES[side]);
  return element('span', { class: 'legend' }, ...SIDES.map(mark));
}

export function plot({ rows, entries, range, widthPx }: Plot): HTMLElement {
  const ticks = ticksAround(Math.min(...range), Math.max(...range));
  const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
  const width = Math.max(240, widthPx);
  const bottom = TOP + rows.length * ROW;
  const x = (value: number): number =>
    LABELS + (Math.log(value / low) / Math.log(high / low)) * (width - LABELS - RIGHT);

  const room = (width - LABELS - RIGHT) / ticks.length;
  const labelled = room > 34 ? ticks : ticks.filter((tick) => Number.isInteger(Math.log10(tick)));
  const grid = ticks.flatMap((tick) => [
    svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: TOP, y2: bottom }),
    ...(labelled.includes(tick) ? [svg('text', { class: 'tick', x: x(tick), y: bottom + 16 }, count(tick))] : []),
  ]);
  const title = svg(
    'text',
    { class: 'axis', x: LABELS + (width - LABELS - RIGHT) / 2, y: bottom + 36 },
    'ns per operation, log scale',
  );
  const lines = rows.flatMap(({ name, medians }, i) => {
    const y = TOP + (i + 0.5) * ROW;
    const [ours, theirs] = [x(medians.coppice), x(medians.immutable)];
    return [
      svg('text', { class: 'case', x: LABELS - 12, y: y + 4 }, CASES[name]),
      svg('line', { class: 'between', x1: ours, x2: theirs, y1: y, y2: y }),
      dot('immutable', theirs, y),
      dot('coppice', ours, y),
    ];
  });
  const label = `Nanoseconds per operation at ${count(entries)} entries, of Coppice and of Immutable.js; the table has the figures`;
  const picture = svg(
    'svg',
    { class: 'plot', role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${bottom + AXIS}`, width: widthPx },
    ...grid,
    ...lines,
    title,
  );
  const caption = element('figcaption', {}, `${count(entries)} entries; further left is faster`, legend());
  return element('figure', {}, caption, picture);
}
