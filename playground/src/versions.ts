// The versions of one collection that are kept, and what the page shows of them: a list, figures, and the trees of some.

import { type HAMT, Vector } from 'coppice';
import { type ArenaNode, countShared, type Owners, ownersOf, readTree, type Tree } from './arena.js';
import { byId, byteText, button, count, element, showFigures } from './dom.js';
import { describeNode, drawTree } from './tree-drawing.js';

export interface Version<C> {
  readonly number: number;
  /** How it was made. */
  readonly made: string;
  readonly collection: C;
}

/** The trees of versions by their numbers, and who has which node. */
interface Nodes {
  readonly trees: ReadonlyMap<number, Tree>;
  readonly owners: Owners;
}

const MOST_DRAWN = 4;

/** What is kept of one collection. */
export class History<C extends HAMT | Vector> {
  readonly versions: Version<C>[] = [];
  readonly drawn = new Set<number>();
  /** What the next change is made to. */
  current: Version<C>;
  private next = 1;

  constructor(first: C) {
    this.current = { number: 0, made: 'empty', collection: first };
    this.versions.push(this.current);
    this.drawn.add(0);
  }

  /** Keeps one more version, and draws it beside the one that it was made from. False: it is the same. */
  add(made: string, collection: C): boolean {
    if (collection === this.current.collection) return false;
    const before = this.current.number;
    this.current = { number: this.next++, made, collection };
    this.versions.push(this.current);
    this.drawn.clear();
    this.drawn.add(before).add(this.current.number);
    return true;
  }
  forget(version: Version<C>): void {
    if (version === this.current) return;
    this.versions.splice(this.versions.indexOf(version), 1);
    this.drawn.delete(version.number);
    version.collection.dispose();
  }
  draw(version: Version<C>, wanted: boolean): void {
    if (!wanted) this.drawn.delete(version.number);
    else {
      if (this.drawn.size >= MOST_DRAWN) this.drawn.delete(Math.min(...this.drawn));
      this.drawn.add(version.number);
    }
  }
  /** The nodes of all versions, read now. */
  read(): Nodes {
    const trees = new Map(this.versions.map(({ number, collection }) => [number, readTree(collection)]));
    return { trees, owners: ownersOf(trees) };
  }
}

type AnyHistory = History<HAMT | Vector>;

const list = byId('versions', HTMLUListElement);
const trees = byId('trees', HTMLDivElement);
const figures = byId('version-figures', HTMLDListElement);
const pointedAt = byId('node', HTMLParagraphElement);

let shown: AnyHistory | undefined;

/** Shows a history from now on, as it is. */
export function show(history: AnyHistory): void {
  shown = history;
  const nodes = history.read();
  showTotals(nodes);
  const focused = list.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const rows = history.versions.map((version) => row(history, version, nodes));
  list.replaceChildren(...rows.reverse());
  if (focused !== undefined) focusAgain(focused);
  drawAll(history, nodes);
}

/** What was focused in the list; if that is gone, or cannot be pressed any more, the version to go on from. */
function focusAgain(id: string): void {
  const same = document.getElementById(id);
  if (same?.matches(':enabled') === true) same.focus();
  else list.querySelector<HTMLElement>('[aria-current] input')?.focus();
}

function noun(collection: HAMT | Vector): string {
  return collection instanceof Vector ? 'elements' : 'entries';
}

function showTotals({ trees: all, owners }: Nodes): void {
  const distinct = new Map([...all.values()].flatMap(({ nodes }) => [...nodes]));
  const bytes = [...distinct.values()].reduce((sum, node) => sum + node.bytes, 0);
  const copied = [...all.values()].reduce((sum, tree) => sum + tree.bytes, 0);
  const shared = [...owners.values()].filter((versions) => versions.length > 1).length;
  showFigures(figures, {
    'versions kept': count(all.size),
    nodes: count(distinct.size),
    'shared nodes': count(shared),
    'in memory': byteText(bytes),
    'if each were a copy': byteText(copied),
  });
}

function row(history: AnyHistory, version: Version<HAMT | Vector>, nodes: Nodes): HTMLLIElement {
  const { number, made, collection } = version;
  const id = `v${number}`;
  const isCurrent = history.current === version;

  const draws = element('input', { type: 'checkbox', id: `${id}-draw` });
  draws.checked = history.drawn.has(number);
  draws.addEventListener('change', () => {
    history.draw(version, draws.checked);
    show(history);
  });
  const tree = nodes.trees.get(number) as Tree;
  const shared = countShared(tree, nodes.owners);
  const from = button('Continue here', `Continue from version ${number}`, () => {
    history.current = version;
    history.draw(version, true);
    show(history);
  });
  const forget = button('Forget', `Forget version ${number}`, () => {
    history.forget(version);
    show(history);
  });
  from.disabled = forget.disabled = isCurrent;
  from.id = `${id}-from`;
  forget.id = `${id}-forget`;

  const name = element('label', { for: draws.id }, draws, element('b', {}, id), ` ${made}`);
  const what = element(
    'span',
    { class: 'what' },
    `${count(collection.size)} ${noun(collection)}, ${count(tree.nodes.size)} nodes: `,
    element('span', { class: 'own-count' }, `${count(tree.nodes.size - shared)} its own`),
    ', ',
    element('span', { class: 'shared-count' }, `${count(shared)} shared`),
  );
  const item = element('li', {}, name, what, element('span', { class: 'actions' }, from, forget));
  if (isCurrent) item.setAttribute('aria-current', 'true');
  return item;
}

function drawAll(history: AnyHistory, { trees: all, owners }: Nodes): void {
  const onNode = (node: ArenaNode): void => {
    pointedAt.textContent = describeNode(node, owners.get(node.at) ?? []);
    for (const group of trees.querySelectorAll('.node')) {
      group.classList.toggle('same', group.getAttribute('data-at') === String(node.at));
    }
  };
  const drawn = [...history.drawn].sort((a, b) => a - b);
  trees.replaceChildren(
    ...drawn.map((version) => {
      const widthPx = Math.max(200, trees.clientWidth - 2);
      const tree = all.get(version) as Tree;
      return element('figure', {}, drawTree({ version, tree, owners, widthPx, onNode }));
    }),
  );
  pointedAt.textContent = 'Point at a node, or go to one with the arrow keys, to see what it is and who has it.';
}

let lastWidth = 0;
new ResizeObserver(() => {
  if (shown === undefined || trees.clientWidth === lastWidth) return;
  lastWidth = trees.clientWidth;
  show(shown);
}).observe(trees);
