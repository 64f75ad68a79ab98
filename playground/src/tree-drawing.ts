// Draws the nodes of one version as SVG: roots on top, leaves where their depth puts them. What it draws is what it is
// given; where nodes lie and who has them is told by arena.ts.
//
// The drawing is one tab stop; arrow keys go from node to node, along the tree.

import { type ArenaNode, countShared, isShared, type Owners, type Tree } from './arena.js';
import { byteText, svg } from './dom.js';

export interface Drawing {
  readonly version: number;
  readonly tree: Tree;
  readonly owners: Owners;
  readonly widthPx: number;
  /** Called when a node is pointed at or focused. */
  readonly onNode: (node: ArenaNode) => void;
}

interface Place {
  readonly node: ArenaNode;
  readonly level: number;
  readonly parent: Place | undefined;
  readonly children: Place[];
  /** Columns: from, and how many. */
  from: number;
  span: number;
  group?: SVGGElement;
}

const MARGIN = 8;
const BRANCH_HEIGHT = 16;
const LEVEL_GAP = 32;
const HANDLE_HEIGHT = 21;
const WIDEST_COLUMN = 132;
const NARROWEST_COLUMN = 3;
/** A column that is as wide shows what leaves hold, or how much. */
const TEXT_COLUMN = 84;
const COUNT_COLUMN = 19;
const LINE = 14;
const MOST_LINES = 12;
const BRANCH_WIDTH = 76;
const CHARACTER = 6.4;

/** Gives each node its columns: a leaf one, a branch those of its children. */
function place(node: ArenaNode, level: number, from: number, parent: Place | undefined): Place {
  const made: Place = { node, level, parent, children: [], from, span: 0 };
  for (const child of node.children) {
    const placed = place(child, level + 1, from + made.span, made);
    made.children.push(placed);
    made.span += placed.span;
  }
  made.span ||= 1;
  return made;
}

function flat(places: readonly Place[]): Place[] {
  return places.flatMap((each) => [each, ...flat(each.children)]);
}

/** What a node is, in words. */
export function describeNode(node: ArenaNode, versions: readonly number[]): string {
  const names = versions.map((version) => `v${version}`).join(', ');
  const holds =
    node.kind === 'blob' ? '' : `, ${node.count} ${node.kind.startsWith('vector b') ? 'children' : entriesOf(node)}`;
  const who = versions.length > 1 ? `shared by ${names}` : `only in ${names}`;
  return `${node.kind} at 0x${node.at.toString(16)}: ${byteText(node.bytes)}${holds}; ${who}`;
}

function entriesOf(node: ArenaNode): string {
  if (node.kind === 'relaxed vector branch') return 'children';
  return node.kind === 'vector leaf' ? 'elements' : node.count === 1 ? 'entry' : 'entries';
}

class TreeDrawing {
  private readonly places: Place[];
  private readonly roots: Place[];
  private readonly column: number;
  private readonly width: number;
  private readonly left: number;
  /** Where each level begins. */
  private readonly tops: number[] = [0, HANDLE_HEIGHT + LEVEL_GAP];
  private readonly given: Drawing;

  constructor(drawing: Drawing) {
    this.given = drawing;
    let columns = 0;
    this.roots = drawing.tree.roots.map((root) => {
      const placed = place(root, 1, columns, undefined);
      columns += placed.span;
      return placed;
    });
    this.places = flat(this.roots);
    const room = drawing.widthPx - 2 * MARGIN;
    this.column = Math.min(WIDEST_COLUMN, Math.max(NARROWEST_COLUMN, room / Math.max(1, columns)));
    this.width = Math.max(drawing.widthPx, columns * this.column + 2 * MARGIN);
    this.left = (this.width - columns * this.column) / 2;
    for (let level = 1; this.places.some((each) => each.level === level); level++) {
      const highest = Math.max(...this.places.filter((each) => each.level === level).map((each) => this.height(each)));
      this.tops.push((this.tops[level] ?? 0) + highest + LEVEL_GAP);
    }
  }

  private middle({ from, span }: Place): number {
    return this.left + (from + span / 2) * this.column;
  }
  private top({ level }: Place): number {
    return this.tops[level] ?? 0;
  }
  private lines({ node }: Place): readonly string[] {
    if (node.entries.length === 0 || this.column < TEXT_COLUMN) return [];
    if (node.entries.length <= MOST_LINES) return node.entries;
    const few = MOST_LINES - 1;
    return [...node.entries.slice(0, few), `and ${node.entries.length - few} more`];
  }
  private height(at: Place): number {
    const lines = this.lines(at).length;
    return lines > 0 ? lines * LINE + 8 : at.node.children.length > 0 ? BRANCH_HEIGHT : BRANCH_HEIGHT + 4;
  }
  private boxWidth(at: Place): number {
    const gap = this.column > 10 ? 5 : this.column / 4;
    const most = at.node.entries.length > 0 ? WIDEST_COLUMN : BRANCH_WIDTH;
    return Math.min(most, at.span * this.column - gap);
  }

  draw(): SVGSVGElement {
    const { version, tree, owners } = this.given;
    const bottom = Math.max(HANDLE_HEIGHT + MARGIN, ...this.places.map((each) => this.top(each) + this.height(each)));
    const shared = countShared(tree, owners);
    const label = `The tree of version ${version}: ${tree.nodes.size} nodes, ${shared} of them shared with other versions`;
    const picture = svg('svg', {
      class: 'tree',
      role: 'tree',
      'aria-label': label,
      viewBox: `0 0 ${this.width} ${bottom + MARGIN}`,
      width: this.given.widthPx,
    });
    const edges = this.places.map((each) => this.edge(each));
    picture.append(svg('g', { class: 'edges' }, ...edges), this.handle(), ...this.places.map((each) => this.box(each)));
    this.places[0]?.group?.setAttribute('tabindex', '0');
    picture.addEventListener('keydown', (event) => {
      this.onKey(event);
    });
    return picture;
  }

  /** What the version itself is: no node, but where its roots are kept. */
  private handle(): SVGGElement {
    const middle = this.handleMiddle();
    return svg(
      'g',
      { class: 'handle', 'aria-hidden': 'true' },
      svg('rect', { x: middle - 17, y: 1, width: 34, height: HANDLE_HEIGHT - 2, rx: 9.5 }),
      svg('text', { x: middle, y: 15 }, `v${this.given.version}`),
    );
  }
  private handleMiddle(): number {
    const middles = this.roots.map((root) => this.middle(root));
    return middles.length === 0 ? this.width / 2 : middles.reduce((sum, x) => sum + x, 0) / middles.length;
  }

  private edge(to: Place): SVGPathElement {
    const { parent } = to;
    const x = parent === undefined ? this.handleMiddle() : this.middle(parent);
    const y = parent === undefined ? HANDLE_HEIGHT : this.top(parent) + this.height(parent);
    const [endX, endY] = [this.middle(to), this.top(to)];
    const half = (y + endY) / 2;
    return svg('path', { class: this.sharing(to), d: `M${x} ${y}C${x} ${half} ${endX} ${half} ${endX} ${endY}` });
  }

  private sharing({ node }: Place): 'shared' | 'own' {
    return isShared(node.at, this.given.owners) ? 'shared' : 'own';
  }

  private box(at: Place): SVGGElement {
    const { node } = at;
    const [width, height] = [this.boxWidth(at), this.height(at)];
    const [x, y] = [this.middle(at) - width / 2, this.top(at)];
    const text = describeNode(node, this.given.owners.get(node.at) ?? []);
    const group = svg(
      'g',
      {
        class: `node ${this.sharing(at)}`,
        role: 'treeitem',
        tabindex: '-1',
        'aria-level': at.level,
        'aria-label': text,
        'data-at': node.at,
      },
      svg('title', {}, text),
      svg('rect', { class: 'box', x, y, width, height, rx: Math.min(4, width / 3) }),
      ...this.content(at, x, y, width),
    );
    for (const event of ['focus', 'pointerenter', 'click']) {
      group.addEventListener(event, () => {
        this.given.onNode(node);
      });
    }
    at.group = group;
    return group;
  }

  private content(at: Place, x: number, y: number, width: number): SVGElement[] {
    const { node } = at;
    if (node.slots.length > 0) return width < 40 ? [] : this.slots(node, x, y, width);
    const lines = this.lines(at);
    if (lines.length > 0) {
      const most = Math.floor((width - 12) / CHARACTER);
      return lines.map((line, i) => {
        const cut = line.length > most ? `${line.slice(0, most - 1)}…` : line;
        return svg('text', { class: 'entry', x: x + 6, y: y + 14 + i * LINE }, cut);
      });
    }
    const text = node.kind === 'blob' ? 'blob' : String(node.count);
    if (width < Math.max(COUNT_COLUMN - 5, text.length * CHARACTER + 4)) return [];
    const baseline = y + this.height(at) / 2 + 4;
    return [svg('text', { class: 'count', x: x + width / 2, y: baseline }, text)];
  }

  /** The 16 places of a branch. */
  private slots(node: ArenaNode, x: number, y: number, width: number): SVGElement[] {
    const step = (width - 6) / node.slots.length;
    return node.slots.map((child, i) =>
      svg('rect', {
        class: child === undefined ? 'slot' : 'slot taken',
        x: x + 3 + i * step + 0.5,
        y: y + 4,
        width: step - 1,
        height: BRANCH_HEIGHT - 8,
      }),
    );
  }

  private onKey(event: KeyboardEvent): void {
    const current = this.places.find(({ group }) => group === document.activeElement);
    const next = current && this.neighbour(current, event.key);
    if (current === undefined || next?.group === undefined) return;
    event.preventDefault();
    current.group?.setAttribute('tabindex', '-1');
    next.group.setAttribute('tabindex', '0');
    next.group.focus();
  }
  private neighbour(from: Place, key: string): Place | undefined {
    const level = this.places.filter((each) => each.level === from.level);
    switch (key) {
      case 'ArrowUp':
        return from.parent;
      case 'ArrowDown':
        return from.children[0];
      case 'ArrowLeft':
        return level[level.indexOf(from) - 1];
      case 'ArrowRight':
        return level[level.indexOf(from) + 1];
      case 'Home':
        return this.places[0];
      default:
        return undefined;
    }
  }
}

export function drawTree(drawing: Drawing): SVGSVGElement {
  return new TreeDrawing(drawing).draw();
}
