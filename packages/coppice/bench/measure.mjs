/**
 * How things are measured: the sides of a case take turns, round for round, in one process; medians count.
 */
import { performance } from 'node:perf_hooks';

/** The middle of some numbers. */
export function median(values) {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Whole numbers below n in an order that looks random and is the same each time. */
export function shuffled(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  let state = 1;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Sums what operations return, so that none of them can be left out; printed at the end. */
export const sink = { sum: 0 };

/**
 * Collects the times of cases by side.
 */
export class Times {
  #byCase = new Map();

  /** Runs `body`, which does `operations`, and counts its time for a side of a case. Returns what it returns. */
  time(name, side, operations, body) {
    const started = performance.now();
    const result = body();
    this.add(name, side, ((performance.now() - started) * 1e6) / operations);
    return result;
  }
  /** Cases times sides that have been timed: no two moments have the same. */
  count = 0;
  add(name, side, value) {
    this.count++;
    const sides = this.#byCase.get(name) ?? new Map();
    this.#byCase.set(name, sides);
    sides.set(side, [...(sides.get(side) ?? []), value]);
  }
  /** Rows of the report. */
  rows(n, params = {}, unit = 'ns') {
    return [...this.#byCase].map(([name, sides]) => {
      const { ours, ...rivals } = Object.fromEntries([...sides].map(([side, values]) => [side, median(values)]));
      return { suite: 'js', case: name, n, unit, ours, rivals, params };
    });
  }
}

/** How often to measure at a size: about as long for each. */
export function rounds(n, quick) {
  const full = Math.max(3, Math.min(400, Math.round(600_000 / n)));
  return quick ? Math.max(2, Math.round(full / 5)) : full;
}

/** The sides in another order each round, so that none always comes after the same other. */
export function inTurn(sides, round) {
  const at = round % sides.length;
  return [...sides.slice(at), ...sides.slice(0, at)];
}
