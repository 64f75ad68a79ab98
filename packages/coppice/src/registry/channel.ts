/**
 * Channels between a client and the hub: over a MessagePort, or within the hub's own thread.
 *
 * What is posted arrives in order, in a later turn of the receiver's event loop, and never inside `post`; only what the
 * hub tells the client of its own thread arrives at once. An open channel does not keep a process alive unless `hold`
 * says so.
 */
import { later, listenTo, type Port } from './platform.js';
import type { ToClient, ToHub } from './protocol.js';

/** One end of a channel. */
export interface Channel<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  /** Called once. `ended` is called at most once, and not for one's own `close`. */
  listen(received: (message: In) => void, ended: (reason: string) => void): void;
  /** Whether the process has to stay alive for what is to come. */
  hold(on: boolean): void;
  close(): void;
}

export type HubChannel = Channel<ToClient, ToHub>;
export type ClientChannel = Channel<ToHub, ToClient>;

class PortChannel<Out, In> implements Channel<Out, In> {
  readonly #port: Port;
  #open = true;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(message: Out, transfer: Transferable[] = []): void {
    if (this.#open) this.#port.postMessage(message, transfer);
  }

  listen(received: (message: In) => void, ended: (reason: string) => void): void {
    const end = (reason: string): void => {
      if (!this.#open) return;
      this.close();
      ended(reason);
    };
    listenTo(this.#port, 'message', (message) => {
      if (this.#open) received(message as In);
    });
    listenTo(this.#port, 'messageerror', () => {
      end('a message could not be read in the thread that received it, perhaps for lack of memory');
    });
    listenTo(this.#port, 'close', () => {
      end('the thread at the other end has ended');
    });
    this.#port.start();
    this.hold(false);
  }

  hold(on: boolean): void {
    if (on) this.#port.ref?.();
    else this.#port.unref?.();
  }

  close(): void {
    this.#open = false;
    this.#port.close();
  }
}

/** A channel over a port, for either end. */
export function overPort<Out, In>(port: MessagePort): Channel<Out, In> {
  return new PortChannel<Out, In>(port);
}

/**
 * A channel within one thread. Requests wait for the next turn of the event loop, as if they came from elsewhere: a
 * program that asks again and again, awaiting each answer, would otherwise keep the messages of all others from arriving.
 */
export function withinThread(): { hub: HubChannel; client: ClientChannel } {
  let toHub: (message: ToHub) => void;
  let toClient: (message: ToClient) => void;
  let inbox: ToHub[] = [];
  const deliver = (): void => {
    const messages = inbox;
    inbox = [];
    for (const message of messages) toHub(message);
  };
  const nothing = (): void => undefined;
  return {
    hub: {
      post: (message) => {
        toClient(message);
      },
      listen: (received) => {
        toHub = received;
      },
      hold: nothing,
      close: nothing,
    },
    client: {
      post: (message) => {
        if (inbox.push(message) === 1) later(deliver);
      },
      listen: (received) => {
        toClient = received;
      },
      hold: nothing,
      close: nothing,
    },
  };
}
