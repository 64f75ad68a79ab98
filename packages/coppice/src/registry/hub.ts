/**
 * The hub: the one place where entries change, on the thread that created the registry. protocol.ts says how and why.
 *
 * Invariants: a member hears of changes once it has joined, of each exactly once and in order (P1, P2); it is in
 * `#members` until it is forgotten, and nothing that it says counts afterwards (P5). Values in `#entries` belong to the
 * hub: they came in as copies and are never handed to the program.
 */
import { overPort, type HubChannel } from './channel.js';
import { later, onLifeEnd } from './platform.js';
import type { ToClient, ToHub } from './protocol.js';
import { Turns } from './turns.js';

interface Entry {
  readonly value: unknown;
  readonly version: number;
}

interface Member {
  readonly channel: HubChannel;
  readonly adopted: Map<number, Member>;
  joined: boolean;
}

type Asked<T extends ToHub['t']> = Extract<ToHub, { readonly t: T }>;

export class Hub {
  readonly #entries = new Map<number, Entry>();
  readonly #members = new Set<Member>();
  readonly #turns = new Turns<Member>();
  #version = 0;

  /** Takes in a client by the hub's end of its channel. */
  attach(channel: HubChannel): void {
    this.#attach(channel);
  }

  #attach(channel: HubChannel): Member {
    const member: Member = { channel, adopted: new Map(), joined: false };
    this.#members.add(member);
    channel.listen(
      (message) => {
        if (this.#members.has(member)) this.#handle(member, message);
      },
      () => {
        this.#forget(member);
      },
    );
    return member;
  }

  #handle(member: Member, message: ToHub): void {
    switch (message.t) {
      case 'sync':
        return this.#done(member, message.id);
      case 'set':
        return this.#set(member, message);
      case 'delete':
        return this.#delete(member, message);
      case 'clear':
        return this.#clear(member, message.id);
      case 'acquire':
        return this.#acquire(member, message);
      case 'release':
        return this.#release(member, message);
      case 'cancel':
        return this.#turns.cancel(message.key, member, message.id);
      case 'join':
        return this.#join(member, message.version);
      case 'adopt':
        return void member.adopted.set(message.token, this.#attach(overPort(message.port)));
      case 'disown':
        return this.#disown(member, message.token);
      case 'alive':
        return onLifeEnd(message.lock, () => {
          this.#forget(member);
        });
      case 'leave':
        return this.#forget(member);
    }
  }

  #set(member: Member, { id, key, value }: Asked<'set'>): void {
    this.#change(member, key, id, () => {
      const version = ++this.#version;
      this.#entries.set(key, { value, version });
      for (const other of this.#members) {
        if (other !== member && other.joined) this.#tell(other, { t: 'set', version, key, value });
      }
      this.#tell(member, { t: 'done', id, version });
    });
  }

  #delete(member: Member, { id, key }: Asked<'delete'>): void {
    this.#change(member, key, id, () => {
      this.#done(member, id, this.#erase([key]) > 0);
    });
  }

  /** Keys that somebody holds or waits for count as well: a set that came before the clear must not outlive it. */
  #clear(member: Member, id: number): void {
    const free: number[] = [];
    const taken: number[] = [];
    for (const key of new Set([...this.#entries.keys(), ...this.#turns.keys()])) {
      (this.#turns.isTakenFrom(member, key) ? taken : free).push(key);
    }
    this.#erase(free);
    let left = taken.length;
    if (left === 0) this.#done(member, id);
    for (const key of taken) {
      this.#change(member, key, id, () => {
        this.#erase([key]);
        if (--left === 0) this.#done(member, id);
      });
    }
  }

  /** Makes the change now if the key is free or the member's own, else when its turn comes. */
  #change(owner: Member, key: number, id: number, make: () => void): void {
    if (!this.#turns.isTakenFrom(owner, key)) {
      make();
      return;
    }
    const start = (): 'over' => {
      make();
      return 'over';
    };
    this.#turns.take(key, { owner, id, start });
  }

  /** Removes those of the keys that have an entry, tells everybody, and returns how many they were. */
  #erase(keys: number[]): number {
    const erased = keys.filter((key) => this.#entries.delete(key));
    if (erased.length > 0) {
      const version = ++this.#version;
      for (const member of this.#members) {
        if (member.joined) this.#tell(member, { t: 'delete', version, keys: erased });
      }
    }
    return erased.length;
  }

  #acquire(owner: Member, { id, key, wait }: Asked<'acquire'>): void {
    if (!wait && this.#turns.isHeld(key)) {
      this.#tell(owner, { t: 'failed', id, key, why: 'busy' });
      return;
    }
    const start = (): 'lasts' => {
      this.#done(owner, id);
      return 'lasts';
    };
    this.#turns.take(key, { owner, id, start });
  }

  /** The answer goes first, so that the one who releases is not told of the next one's change before. */
  #release(member: Member, { id, key }: Asked<'release'>): void {
    if (this.#turns.isHeld(key) && !this.#turns.isTakenFrom(member, key)) {
      this.#done(member, id);
      this.#turns.end(key, member);
    } else {
      this.#tell(member, { t: 'failed', id, key, why: 'not_held' });
    }
  }

  #join(member: Member, since: number): void {
    const changed: [number, unknown][] = [];
    for (const [key, { value, version }] of this.#entries) {
      if (version > since) changed.push([key, value]);
    }
    member.joined = true;
    this.#tell(member, { t: 'state', version: this.#version, keys: [...this.#entries.keys()], changed });
  }

  #disown(member: Member, token: number): void {
    const child = member.adopted.get(token);
    member.adopted.delete(token);
    if (child) this.#dismiss(child);
  }

  /** Lets go of a member that may be alive, and tells it. */
  #dismiss(member: Member): void {
    if (!this.#members.has(member)) return;
    this.#tell(member, { t: 'end', reason: 'the thread that had bound this one has unbound it, or ended' });
    this.#forget(member);
  }

  /** With a member go those that it had brought: the workers of a thread that has ended have ended with it. */
  #forget(member: Member): void {
    if (!this.#members.delete(member)) return;
    member.channel.close();
    this.#turns.forget(member);
    for (const child of member.adopted.values()) this.#dismiss(child);
  }

  #done(member: Member, id: number, result?: boolean): void {
    this.#tell(member, result === undefined ? { t: 'done', id } : { t: 'done', id, result });
  }

  /**
   * A thread that cannot be told of a change would take old entries for new ones: it is told why and let go, later,
   * since a turn may just be starting.
   */
  #tell(member: Member, message: ToClient): void {
    try {
      member.channel.post(message);
    } catch (error) {
      member.joined = false;
      member.channel.post({ t: 'end', reason: `a change could not be sent to this thread: ${String(error)}` });
      later(() => {
        this.#forget(member);
      });
    }
  }
}
