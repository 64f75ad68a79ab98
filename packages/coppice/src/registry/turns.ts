/**
 * Turns: for each key a queue of those who want it for themselves, first come, first served (P3).
 *
 * Invariants: a key is in the table exactly while a turn lasts (`holder`); turns in `waiting` have not started; a turn
 * starts once, and an owner who is forgotten has none left. Runs on the hub's thread only.
 */

/** Somebody's turn at a key. `start` says whether it lasts until it is ended, or is over when `start` returns. */
export interface Turn<Owner> {
  readonly owner: Owner;
  readonly id: number;
  start(): 'lasts' | 'over';
}

interface Queue<Owner> {
  holder: Turn<Owner>;
  readonly waiting: Set<Turn<Owner>>;
}

export class Turns<Owner> {
  readonly #queues = new Map<number, Queue<Owner>>();

  /** The keys that somebody holds. */
  keys(): IterableIterator<number> {
    return this.#queues.keys();
  }

  /** Whether a turn of someone else lasts at the key, so that a change by `owner` has to wait. */
  isTakenFrom(owner: Owner, key: number): boolean {
    const queue = this.#queues.get(key);
    return queue !== undefined && queue.holder.owner !== owner;
  }

  isHeld(key: number): boolean {
    return this.#queues.has(key);
  }

  /** Starts the turn now if the key is free, else when those before it are over. */
  take(key: number, turn: Turn<Owner>): void {
    const queue = this.#queues.get(key);
    if (queue) queue.waiting.add(turn);
    else if (turn.start() === 'lasts') this.#queues.set(key, { holder: turn, waiting: new Set() });
  }

  /** Ends the turn that `owner` has at the key; false if it has none. */
  end(key: number, owner: Owner): boolean {
    const queue = this.#queues.get(key);
    if (queue?.holder.owner !== owner) return false;
    this.#next(key, queue);
    return true;
  }

  /** Takes the turn of that number out of the queue, or ends it. */
  cancel(key: number, owner: Owner, id: number): void {
    const queue = this.#queues.get(key);
    if (!queue) return;
    if (queue.holder.owner === owner && queue.holder.id === id) {
      this.#next(key, queue);
      return;
    }
    for (const turn of queue.waiting) {
      if (turn.owner === owner && turn.id === id) queue.waiting.delete(turn);
    }
  }

  /** Takes out all turns of the owner before any other starts: what it still wanted to do must not happen now. */
  forget(owner: Owner): void {
    const held: [number, Queue<Owner>][] = [];
    for (const [key, queue] of this.#queues) {
      for (const turn of queue.waiting) {
        if (turn.owner === owner) queue.waiting.delete(turn);
      }
      if (queue.holder.owner === owner) held.push([key, queue]);
    }
    for (const [key, queue] of held) this.#next(key, queue);
  }

  #next(key: number, queue: Queue<Owner>): void {
    for (const turn of queue.waiting) {
      queue.waiting.delete(turn);
      if (turn.start() === 'lasts') {
        queue.holder = turn;
        return;
      }
    }
    this.#queues.delete(key);
  }
}
