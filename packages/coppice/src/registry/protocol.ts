/**
 * The protocol of a registry: who says what to whom, and why nobody waits for ever.
 *
 * The thread that creates a registry keeps its hub (hub.ts). Every thread that uses it, the creator's included, has a
 * client (client.ts) with a copy of the entries and one channel to the hub; there is no channel between two clients. A
 * worker of a worker gets a channel to the hub too: its parent makes one, sends one end to the hub over its own channel
 * (`adopt`) and the other to the worker (`hello`), and is then out of the way.
 *
 * P1 *one order*: the hub handles one message at a time, and what it does with one it does at once. Changes are numbered
 *    by `version` in the order in which the hub makes them, which is the order for everybody.
 * P2 *one pipe*: all that the hub tells a client goes through one first-in-first-out channel: entries that others
 *    changed, and answers. So whoever has an answer has seen every change before it: a read is a question without a
 *    value (`sync`), whose answer says that the copy is now as new as the question; likewise an acquired key.
 * P3 *one turn*: each key has a queue of turns (turns.ts). A held key is a turn that lasts until `release`; a set or
 *    delete by someone else is a turn in the same queue. No turn waits for a second key, so the hub cannot deadlock:
 *    `clear` is one turn for each key, each taken by itself.
 * P4 *nobody blocks*: clients and hub only send and receive; none waits in Atomics.wait or in a loop.
 * P5 *the dead hold nothing*: when the hub learns that a client is gone (its channel closed, its parent said so, or the
 *    lock that lives as long as a browser's worker became free) it forgets the client and those that it had adopted for
 *    it: their turns end, and what is still in flight from them is dropped. A change thus happens whole or not at all,
 *    and happens before the turn of the next.
 * P6 *cancel is exact*: a client that no longer wants a key says so with the number of its request. The hub takes the
 *    turn out of the queue, or ends it if it was granted meanwhile; the client ignores that grant.
 * P7 *latecomers*: a client starts from the entries in `registry.data`, as of a version, and says which in `join`. The
 *    answer, `state`, is the difference; later changes follow it in the same pipe. A client asks nothing before it joins.
 */

/** The only property that tells messages between a worker and its parent from those of the program. */
export const TAG = 'coppice/registry';

/** Parent to worker: here is your channel to the hub. */
export interface Hello {
  readonly [TAG]: 'hello';
  readonly registry: string;
  readonly port: MessagePort;
}

/** Worker to parent: I am listening now; if you have sent a hello before, I missed it. */
export interface Missed {
  readonly [TAG]: 'missed';
  readonly registry: string;
}

/** What `registry.data` is. */
export interface Data {
  readonly [TAG]: 'data';
  readonly registry: string;
  readonly version: number;
  readonly entries: [number, unknown][];
}

/** What a client asks; the hub answers each `id` with one `done` or `failed`. */
export type Request =
  | { readonly t: 'sync' }
  | { readonly t: 'set'; readonly key: number; readonly value: unknown }
  | { readonly t: 'delete'; readonly key: number }
  | { readonly t: 'clear' }
  | { readonly t: 'acquire'; readonly key: number; readonly wait: boolean }
  | { readonly t: 'release'; readonly key: number };

/** Client to hub. `token` is how a client names the channels that it had adopted. */
export type ToHub =
  | (Request & { readonly id: number })
  | { readonly t: 'join'; readonly version: number }
  | { readonly t: 'cancel'; readonly id: number; readonly key: number }
  | { readonly t: 'adopt'; readonly token: number; readonly port: MessagePort }
  | { readonly t: 'disown'; readonly token: number }
  | { readonly t: 'alive'; readonly lock: string }
  | { readonly t: 'leave' };

/** Why a request failed. `busy`: the key is not free and the request does not wait. */
export type Failure = 'busy' | 'not_held';

/** Hub to client. `done` of a set carries its version and not the value, of which the client has kept a copy. */
export type ToClient =
  | { readonly t: 'state'; readonly version: number; readonly keys: number[]; readonly changed: [number, unknown][] }
  | { readonly t: 'set'; readonly version: number; readonly key: number; readonly value: unknown }
  | { readonly t: 'delete'; readonly version: number; readonly keys: number[] }
  | { readonly t: 'done'; readonly id: number; readonly version?: number; readonly result?: boolean }
  | { readonly t: 'failed'; readonly id: number; readonly key: number; readonly why: Failure }
  | { readonly t: 'end'; readonly reason: string };

/** Whether a message between worker and parent is of this kind and of this registry. */
export function isNotice(message: unknown, kind: 'hello' | 'missed', registry: string): boolean {
  const notice = message as Partial<Hello | Missed> | null | undefined;
  return typeof notice === 'object' && notice !== null && notice[TAG] === kind && notice.registry === registry;
}

/** Whether a value is what `registry.data` gives. */
export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && (value as Partial<Data>)[TAG] === 'data';
}
