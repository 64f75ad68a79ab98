/** The hub alone, told by hand what arrives when: the races that threads meet once in a million times. */
import { Registry } from '../../src/registry.js';
import { Hub } from '../../src/registry/hub.js';
import type { HubChannel } from '../../src/registry/channel.js';
import type { Data, ToClient, ToHub } from '../../src/registry/protocol.js';
import { equal } from '../support/assert.js';
import { test } from '../support/runner.js';

/** A client that says what it is told to, and keeps what it hears. */
class Voice {
  readonly heard: ToClient[] = [];
  say!: (message: ToHub) => void;
  end!: (reason: string) => void;
  deaf = false;
  closed = false;

  constructor(hub: Hub, joined = true) {
    const channel: HubChannel = {
      post: (message) => {
        if (this.deaf && message.t === 'set') throw new DOMException('too large', 'DataCloneError');
        this.heard.push(message);
      },
      listen: (received, ended) => {
        this.say = received;
        this.end = ended;
      },
      hold: () => undefined,
      close: () => (this.closed = true),
    };
    hub.attach(channel);
    if (joined) this.say({ t: 'join', version: 0 });
    this.heard.length = 0;
  }

  /** What it has heard since it was last asked, each in short. */
  news(): string[] {
    return this.heard.splice(0).map((message) => {
      if (message.t === 'done') return `done ${message.id}`;
      if (message.t === 'set') return `set ${message.key} ${String(message.value)}`;
      if (message.t === 'failed') return `failed ${message.id} ${message.why}`;
      if (message.t === 'state') return `state ${message.keys.join()} changed ${message.changed.join(';')}`;
      return message.t === 'delete' ? `delete ${message.keys.join()}` : message.t;
    });
  }
}

function voices(): [Hub, Voice, Voice, Voice] {
  const hub = new Hub();
  return [hub, new Voice(hub), new Voice(hub), new Voice(hub)];
}

test('a cancel that crosses its grant gives the key to the next', () => {
  const [, a, b] = voices();
  a.say({ t: 'acquire', id: 1, key: 5, wait: true });
  b.say({ t: 'acquire', id: 1, key: 5, wait: true });
  equal([a.news(), b.news()], [['done 1'], []]);
  a.say({ t: 'cancel', id: 1, key: 5 });
  equal(b.news(), ['done 1']);
});

test('a cancel that comes after the release takes nothing from a later turn', () => {
  const [, a, b] = voices();
  a.say({ t: 'acquire', id: 1, key: 5, wait: true });
  a.say({ t: 'release', id: 2, key: 5 });
  a.say({ t: 'acquire', id: 3, key: 5, wait: true });
  a.say({ t: 'cancel', id: 1, key: 5 });
  b.say({ t: 'acquire', id: 1, key: 5, wait: false });
  equal([a.news(), b.news()], [['done 1', 'done 2', 'done 3'], ['failed 1 busy']]);
});

test('what the dead still had in flight is dropped, and their turns end before another starts', () => {
  const [, a, b, c] = voices();
  a.say({ t: 'acquire', id: 1, key: 5, wait: true });
  a.say({ t: 'set', id: 2, key: 5, value: 'held' });
  a.say({ t: 'acquire', id: 3, key: 5, wait: true });
  b.say({ t: 'set', id: 1, key: 5, value: 'waits' });
  c.say({ t: 'acquire', id: 1, key: 5, wait: true });
  a.news();
  a.end('gone');
  a.say({ t: 'set', id: 4, key: 5, value: 'too late' });
  equal([a.news(), b.news(), c.news()], [[], ['set 5 held', 'done 1'], ['set 5 held', 'set 5 waits', 'done 1']]);
  equal(a.closed, true);
  c.say({ t: 'release', id: 2, key: 5 });
  equal([a.news(), b.news(), c.news()], [[], [], ['done 2']]);
});

test('a clear that waits for two keys, of whom one holder dies, is answered once', () => {
  const [, a, b, c] = voices();
  a.say({ t: 'acquire', id: 1, key: 1, wait: true });
  b.say({ t: 'acquire', id: 1, key: 2, wait: true });
  c.say({ t: 'set', id: 1, key: 2, value: 'waits before the clear' });
  c.say({ t: 'clear', id: 2 });
  a.end('gone');
  equal(c.news(), []);
  b.say({ t: 'release', id: 2, key: 2 });
  equal(c.news(), ['done 1', 'delete 2', 'done 2']);
});

test('who joins gets the difference to what it has, in the order of the hub, and hears nothing before', () => {
  const [hub, a] = voices();
  a.say({ t: 'set', id: 1, key: 3, value: 'c' });
  a.say({ t: 'set', id: 2, key: 1, value: 'a' });
  const late = new Voice(hub, false);
  a.say({ t: 'set', id: 3, key: 2, value: 'b' });
  a.say({ t: 'delete', id: 4, key: 3 });
  equal(late.news(), []);
  late.say({ t: 'join', version: 2 });
  equal(late.news(), ['state 1,2 changed 2,b']);
  a.say({ t: 'set', id: 5, key: 4, value: 'd' });
  equal(late.news(), ['set 4 d']);
});

test('data says as of which version it is, so that a worker is sent the difference only', async () => {
  const registry = new Registry();
  const version = (): number => (registry.data as unknown as Data).version;
  equal(version(), 0);
  await registry.set(1, 'one');
  await registry.set(2, 'two');
  equal(version(), 2);
  await registry.delete(1);
  await registry.delete(1);
  equal(version(), 3);
});

test('a thread that cannot be told of a change is let go, and keeps nobody waiting', async () => {
  const [, a, b, c] = voices();
  b.say({ t: 'acquire', id: 1, key: 5, wait: true });
  a.say({ t: 'set', id: 1, key: 5, value: 'waits' });
  c.say({ t: 'acquire', id: 1, key: 6, wait: true });
  c.deaf = true;
  b.say({ t: 'release', id: 2, key: 5 });
  equal([a.news(), c.news()], [['done 1'], ['done 1', 'end']]);
  a.say({ t: 'acquire', id: 2, key: 6, wait: true });
  while (!c.closed) await new Promise((resolve) => setTimeout(resolve, 1));
  equal(a.news(), ['done 2']);
});

test('an adopted channel that is disowned ends its client, and what it held is free', async () => {
  const [, a] = voices();
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  const ended = new Promise<void>((resolve) => {
    port2.onmessage = ({ data }: MessageEvent<ToClient>) => {
      heard.push(data.t);
      if (data.t === 'done') a.say({ t: 'disown', token: 1 });
      if (data.t === 'end') resolve();
    };
  });
  a.say({ t: 'adopt', token: 1, port: port1 });
  for (const message of [
    { t: 'join', version: 0 },
    { t: 'acquire', id: 1, key: 5, wait: true },
  ] satisfies ToHub[]) {
    port2.postMessage(message);
  }
  await ended;
  equal(heard, ['state', 'done', 'end']);
  a.say({ t: 'acquire', id: 1, key: 5, wait: false });
  equal(a.news(), ['done 1']);
  a.say({ t: 'disown', token: 1 });
  port2.close();
});

test('with a member that ends go those that it had brought, and theirs', async () => {
  const [, a, b] = voices();
  const [child, grandchild] = [new MessageChannel(), new MessageChannel()];
  const ended = [child, grandchild].map(
    ({ port2 }) =>
      new Promise<void>((resolve) => {
        port2.onmessage = ({ data }: MessageEvent<ToClient>) => {
          if (data.t === 'done') a.end('gone');
          if (data.t === 'end') resolve();
        };
      }),
  );
  a.say({ t: 'adopt', token: 1, port: child.port1 });
  child.port2.postMessage({ t: 'adopt', token: 1, port: grandchild.port1 } satisfies ToHub, [grandchild.port1]);
  grandchild.port2.postMessage({ t: 'acquire', id: 1, key: 5, wait: true } satisfies ToHub);
  await Promise.all(ended);
  b.say({ t: 'acquire', id: 1, key: 5, wait: false });
  equal(b.news(), ['done 1']);
  for (const { port2 } of [child, grandchild]) port2.close();
});
