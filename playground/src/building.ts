// Part one: making versions of a map or a vector by hand.
//
// Each change is made by setMany(), deleteMany() or the like, which always make a version with nodes of its own: `set` would
// change the newest version in place, and make the older one again when it is looked at.

import { HAMT, Vector } from 'coppice';
import { byId, onSubmit } from './dom.js';
import { History, show } from './versions.js';

type Value = string | number;

/** No more, so that trees can be drawn. */
const MOST_ENTRIES = 2000;
const MOST_ELEMENTS = 20_000;
const NAMES = [
  'alder',
  'ash',
  'aspen',
  'beech',
  'birch',
  'elder',
  'elm',
  'hazel',
  'holly',
  'larch',
  'lime',
  'oak',
  'yew',
];

export const maps = new History(new HAMT<Value>());
export const vectors = new History(new Vector<Value>());

const says = byId('building-says', HTMLParagraphElement);

/** What somebody typed: a number if it looks like one. */
function typed(text: string): Value {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
function shortened(value: Value): string {
  const text = String(value);
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
}

/** Keeps what `change` makes of the newest version, and shows it. */
function add<C extends HAMT | Vector>(history: History<C>, made: string, change: (collection: C) => C): void {
  const changed = history.add(made, change(history.current.collection));
  says.textContent = changed ? '' : 'Nothing changed, so it is the same version.';
  show(history);
}
const changeMap = (made: string, change: (map: HAMT<Value>) => HAMT<Value>): void => {
  add(maps, made, change);
};
const changeVector = (made: string, change: (vector: Vector<Value>) => Vector<Value>): void => {
  add(vectors, made, change);
};

/** Keys that the map does not have. */
function newKeys(map: HAMT<Value>, wanted: number): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < wanted; i++) {
    const name = NAMES[i % NAMES.length] ?? '';
    const key = i < NAMES.length ? name : `${name} ${Math.floor(i / NAMES.length) + 1}`;
    if (!map.has(key)) keys.push(key);
  }
  return keys;
}

function addEntries(wanted: number): void {
  if (maps.current.collection.size + wanted > MOST_ENTRIES) {
    says.textContent = `A map of more than ${MOST_ENTRIES} entries is not drawn here.`;
    return;
  }
  changeMap(`${wanted} more`, (map) => map.setMany(newKeys(map, wanted).map((key) => [key, key.length])));
}

function vectorHasRoom(wanted: number): boolean {
  const fits = vectors.current.collection.size + wanted <= MOST_ELEMENTS;
  if (!fits) says.textContent = `A vector of more than ${MOST_ELEMENTS} elements is not drawn here.`;
  return fits;
}

function pushNumbers(wanted: number): void {
  const { size } = vectors.current.collection;
  if (!vectorHasRoom(wanted)) return;
  changeVector(`${wanted} pushed`, (vector) => vector.pushMany(Array.from({ length: wanted }, (_, i) => size + i)));
}

function onClick(id: string, act: () => void): void {
  byId(id, HTMLButtonElement).addEventListener('click', act);
}

function buildMaps(): void {
  onSubmit('map-set', (field) => {
    const key = field('key');
    const value = typed(field('value'));
    changeMap(`set ${shortened(key)}`, (map) => map.setMany([[key, value]]));
  });
  onSubmit('map-delete', (field) => {
    const key = field('key');
    changeMap(`delete ${shortened(key)}`, (map) => map.deleteMany([key]));
  });
  onClick('map-add-10', () => {
    addEntries(10);
  });
  onClick('map-add-200', () => {
    addEntries(200);
  });
}

function buildVectors(): void {
  onSubmit('vector-push', (field) => {
    const value = typed(field('value'));
    changeVector(`push ${shortened(value)}`, (vector) => vector.pushMany([value]));
  });
  onSubmit('vector-set', (field) => {
    const index = Number(field('index'));
    const value = typed(field('value'));
    changeVector(`set ${index}`, (vector) => vector.withMutations((copy) => copy.set(index, value)));
  });
  onSubmit('vector-slice', (field) => {
    const [from, to] = [Number(field('from')), Number(field('to'))];
    changeVector(`slice ${from} to ${to}`, (vector) => vector.slice(from, to));
  });
  onClick('vector-push-100', () => {
    pushNumbers(100);
  });
  onClick('vector-push-2000', () => {
    pushNumbers(2000);
  });
  onClick('vector-double', () => {
    if (!vectorHasRoom(vectors.current.collection.size)) return;
    changeVector('twice itself', (vector) => vector.concat(vector.slice(0, -1), vector.slice(-1)));
  });
}

/** Sets up the part, with some versions to look at. */
export function startBuilding(): void {
  buildMaps();
  buildVectors();
  vectors.add('1000 pushed', vectors.current.collection.pushMany(Array.from({ length: 1000 }, (_, i) => i)));
  vectors.add(
    'set 500',
    vectors.current.collection.withMutations((copy) => copy.set(500, 'new')),
  );
  const first = new HAMT<Value>().setMany(newKeys(maps.current.collection, 80).map((key) => [key, key.length]));
  maps.add('80 trees', first);
  maps.add('set oak', first.setMany([['oak', 'evergreen']]));

  const choice = byId('collection', HTMLFieldSetElement);
  choice.addEventListener('change', () => {
    const isMap = byId('choose-map', HTMLInputElement).checked;
    byId('map-forms', HTMLDivElement).hidden = !isMap;
    byId('vector-forms', HTMLDivElement).hidden = isMap;
    says.textContent = '';
    show(isMap ? maps : vectors);
  });
  show(maps);
}
