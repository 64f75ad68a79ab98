/** The test's side of test/workers/puppet.ts. */
import { bind, unbind, type Registry, type RegistryData } from '../../src/registry.js';
import { endsUnseen, startWorker, type Kind, type StartedWorker } from './workers.js';

export interface Start {
  readonly data: RegistryData;
  readonly late: boolean;
}

export interface Command {
  readonly path: readonly string[];
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { name: string; message: string; code?: string };
}

/** How a puppet is made: with data taken earlier, bound by the test itself, of another kind of worker. */
export interface Making {
  readonly data?: RegistryData;
  /** The worker does not bind until it is told to. */
  readonly late?: boolean;
  /** The parent does not bind. */
  readonly unbound?: boolean;
  readonly kind?: Kind;
}

/** What an error is made of, in a form that can be sent. */
export function thaw(error: unknown): { name: string; message: string; code?: string } {
  const { name, message, code } = error as { name: string; message: string; code?: string };
  return { name, message, ...(typeof code === 'string' ? { code } : {}) };
}

export class Puppet {
  readonly started: StartedWorker;
  /** Resolves when the worker listens. */
  readonly ready: Promise<unknown>;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #registry: Registry;
  #numbers = 0;

  constructor(registry: Registry, { data = registry.data, late = false, unbound = false, kind }: Making = {}) {
    this.#registry = registry;
    this.started = startWorker('puppet', { data, late } satisfies Start, kind);
    this.ready = this.#answer(0);
    this.started.onMessage((message) => {
      const { id, result, error } = message as Answer;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(Object.assign(new Error(error.message), error));
      else waiting?.resolve(result);
    });
    if (!unbound) bind(registry, this.started.worker);
  }

  /** Has the puppet do something and resolves to what came of it. */
  do(method: string, ...args: unknown[]): Promise<unknown> {
    return this.command({ path: [], method, args });
  }

  /** The same for a puppet of a puppet. */
  child(path: string[], method: string, ...args: unknown[]): Promise<unknown> {
    return this.command({ path, method, args });
  }

  async command(command: Command): Promise<unknown> {
    await this.ready;
    const id = ++this.#numbers;
    const answer = this.#answer(id);
    this.started.post({ id, command });
    return answer;
  }

  /** Ends the worker, by the rules: where no runtime tells of its end, the one who ends it has to. */
  async terminate(): Promise<void> {
    await this.started.terminate();
    if (endsUnseen) unbind(this.#registry, this.started.worker);
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}

/** Runs a test with so many puppets of a registry, and ends them. */
export async function withPuppets(
  registry: Registry,
  count: number,
  body: (...puppets: [Puppet, Puppet, Puppet, Puppet]) => Promise<void>,
): Promise<void> {
  const puppets = Array.from({ length: count }, () => new Puppet(registry));
  try {
    await body(...(puppets as [Puppet, Puppet, Puppet, Puppet]));
  } finally {
    await Promise.all(puppets.map((puppet) => puppet.terminate()));
  }
}
