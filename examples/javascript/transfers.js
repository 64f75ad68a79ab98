// Bank accounts in a registry, which all threads see and change. Who moves money holds both accounts meanwhile, so that
// nobody sees it twice or not at all. Always the lower number first: two that want the same pair cannot wait for each
// other.
//
// Prints:
//   before: 8 accounts, 8000 in all
//   after 600 transfers by 3 workers: 8 accounts, 8000 in all
//   an account that is taken: TimeoutError
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { bind, Registry } from 'coppice/registry';

const ACCOUNTS = 8;

async function transfer(accounts, from, to, amount) {
  const pair = [from, to].sort((a, b) => a - b);
  for (const account of pair) await accounts.acquire(account, { timeoutMs: 10_000 });
  try {
    const balance = await accounts.get(from);
    if (balance < amount) return;
    await accounts.set(from, balance - amount);
    await accounts.set(to, (await accounts.get(to)) + amount);
  } finally {
    for (const account of pair) await accounts.release(account);
  }
}

async function main() {
  const accounts = new Registry();
  for (let account = 1; account <= ACCOUNTS; account++) await accounts.set(account, 1000);
  const show = (when) => {
    const total = [...accounts.values()].reduce((sum, balance) => sum + balance, 0);
    console.log(`${when}: ${accounts.size} accounts, ${total} in all`);
  };
  show('before');

  const workers = [1, 2, 3].map((number) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { data: accounts.data, number } });
    bind(accounts, worker);
    return once(worker, 'exit');
  });
  await Promise.all(workers);
  await accounts.get(1); // has seen all that was changed before
  show('after 600 transfers by 3 workers');

  await accounts.acquire(1);
  const impatient = accounts.acquire(1, { timeoutMs: 10 }); // a thread is no exception: it waits for itself
  console.log(`an account that is taken: ${await impatient.catch((error) => error.name)}`);
}

async function work({ data, number }) {
  const accounts = new Registry(data);
  bind(accounts);
  for (let i = 0; i < 200; i++) {
    const from = 1 + ((i * number) % ACCOUNTS);
    const to = 1 + ((from + (i % (ACCOUNTS - 1))) % ACCOUNTS);
    await transfer(accounts, from, to, 1 + ((i * 37) % 400));
  }
}

if (isMainThread) await main();
else await work(workerData);
