// A sheet with undo and redo. Each edit makes a version, and to undo it is to look at the older one again: nothing is
// copied, and no edit has to know its inverse. What an edit changed is the difference of two versions.
//
// Prints:
//   A1 is "Oak", 10000 cells
//   A1 is "Ash", 9999 cells
//   undone: A1 is "Oak", 10000 cells
//   redone: A1 is "Ash", 9999 cells
//   the last edit: changed A1, removed B1
//   1000 more versions take less than 3 KiB each: true
import { collect, HAMT, stats } from 'coppice';

class Sheet {
  #versions = [new HAMT()];
  #current = 0;

  get cells() {
    return this.#versions[this.#current];
  }
  /** One version for all that `change` does. */
  edit(change) {
    this.#versions.length = this.#current + 1; // what was undone is not redone any more
    this.#versions.push(this.cells.withMutations(change));
    this.#current++;
  }
  undo() {
    this.#current = Math.max(0, this.#current - 1);
  }
  redo() {
    this.#current = Math.min(this.#versions.length - 1, this.#current + 1);
  }
  lastEdit() {
    return [...this.cells.diff(this.#versions[this.#current - 1])];
  }
}

const sheet = new Sheet();
const show = (when = '') => console.log(`${when}A1 is "${sheet.cells.get('A1')}", ${sheet.cells.size} cells`);

const trees = ['Oak', 'Hazel', 'Lime', 'Alder'];
sheet.edit((cells) => {
  for (let row = 1; row <= 5000; row++) cells.set(`A${row}`, trees[(row - 1) % 4]).set(`B${row}`, row * row);
});
show();
sheet.edit((cells) => cells.set('A1', 'Ash').delete('B1'));
show();
sheet.undo();
show('undone: ');
sheet.redo();
show('redone: ');
const changes = sheet.lastEdit().map(({ kind, key }) => `${kind} ${key}`);
console.log(`the last edit: ${changes.sort().join(', ')}`);

collect();
const before = stats().liveBytes;
for (let i = 1; i <= 1000; i++) sheet.edit((cells) => cells.set(`C${i}`, i));
collect();
console.log(`1000 more versions take less than 3 KiB each: ${(stats().liveBytes - before) / 1000 < 3 * 1024}`);
