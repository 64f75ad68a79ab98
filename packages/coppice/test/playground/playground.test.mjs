/**
 * The page of playground/, built and used in Chromium: wide and narrow, light and dark, with the headers that let it share
 * memory and without.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildPlayground, out } from '../../../../playground/build.mjs';
import { browser, closeBrowser, serve } from '../support/chromium.mjs';
import { report } from '../support/report.mjs';

const server = join(dirname(fileURLToPath(import.meta.url)), '../../../../playground/serve.mjs');
const WIDE = { viewport: { width: 1200, height: 900 }, colorScheme: 'light' };
const NARROW = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' };

/** Opens the page, hands it to `use`, and fails if anything was complained of or is wider than the window. */
async function withPage(url, how, use) {
  const page = await (await browser()).newPage(how);
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack));
  try {
    await page.goto(url);
    await page.waitForSelector('#trees svg');
    await use(page);
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${content} pixels in a window of ${window}`);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

/** The number of a figure, by its name. */
const figure = (page, name) =>
  page.evaluate((wanted) => {
    const term = [...document.querySelectorAll('dt')].find((dt) => dt.textContent === wanted);
    return Number(term.parentElement.querySelector('dd').textContent.replaceAll(',', ''));
  }, name);

/** Waits until a figure is at least so much. */
async function untilFigure(page, name, least) {
  for (let tries = 0; tries < 150; tries++) {
    if ((await figure(page, name)) >= least) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${name}: ${await figure(page, name)}`);
}

const versionsListed = (page) => page.locator('#versions li').count();

/**
 * Runs in the page: the places of the nodes of each version kept. By another way than the page's own: from the token of a
 * version to its record, from there to the node that refers to the roots, and down by the table of kinds.
 */
function nodesByTokens(collection) {
  const ARENA = 2 ** 20;
  const history = globalThis.playground[collection];
  return history.versions.map(({ number, collection: version }) => {
    const token = globalThis.coppice.share(version);
    const memory = new DataView(token.memory.buffer);
    const word = (offset) => memory.getUint32(ARENA + offset, true);
    const record = token.words[0] & 0xffffff; // the low bits of a version ref
    const recordAt = word(4096 + 4 * Math.floor(record / 1024)) * 65536 + (record % 1024) * 64;
    const collectionAt = word(recordAt + 32) * 16;
    const places = new Set();
    const visit = (ref) => {
      if (ref === 0) return;
      const at = ref * 16;
      places.add(at);
      const kind = memory.getUint8(ARENA + at);
      const count = word(at + 8);
      const [first, refs] = { 1: [16, 16], 4: [24, word(at + 16)], 7: [16, count], 8: [16, count] }[kind] ?? [0, 0];
      for (let i = 0; i < refs; i++) visit(word(at + first + 4 * i));
    };
    visit(word(collectionAt + 24));
    visit(word(collectionAt + 28));
    globalThis.coppice.release(token);
    return [number, [...places]];
  });
}

/** Runs in the page: of each tree that is drawn, its version and nodes, shared ones and others; one may be drawn twice. */
function nodesDrawn() {
  return [...document.querySelectorAll('#trees svg.tree')].map((tree) => {
    const places = (which) => [
      ...new Set([...tree.querySelectorAll(`.node.${which}`)].map((node) => Number(node.dataset.at))),
    ];
    return [Number(/version (\d+)/.exec(tree.getAttribute('aria-label'))[1]), places('shared'), places('own')];
  });
}

/** Fails unless each node is drawn, in the colour of what it is. */
async function checkColours(page, collection) {
  const kept = new Map(await page.evaluate(nodesByTokens, collection));
  const versionsOf = (place) => [...kept.values()].filter((places) => places.includes(place)).length;
  const sorted = (places) => [...places].sort((a, b) => a - b);
  const drawn = await page.evaluate(nodesDrawn);
  assert.ok(drawn.length > 1);
  let coloured = 0;
  for (const [version, shared, own] of drawn) {
    const places = kept.get(version);
    const expected = places.filter((place) => versionsOf(place) > 1);
    assert.deepEqual(sorted(shared), sorted(expected), `shared nodes of version ${version}`);
    assert.deepEqual(sorted([...shared, ...own]), sorted(places), `nodes of version ${version}`);
    coloured += Math.min(shared.length, own.length);
  }
  assert.ok(coloured > 0, 'nodes of both sorts');
  const all = new Set([...kept.values()].flat());
  assert.equal(await figure(page, 'nodes'), all.size);
  assert.equal(await figure(page, 'shared nodes'), [...all].filter((place) => versionsOf(place) > 1).length);
}

async function buildMaps(page) {
  await checkColours(page, 'maps');
  const before = await versionsListed(page);
  await page.fill('#map-set [name=key]', 'a new key');
  await page.fill('#map-set [name=value]', 'x'.repeat(300)); // long enough for a node of its own
  await page.press('#map-set [name=value]', 'Enter');
  await page.click('#map-add-200');
  await page.click('#map-delete button');
  assert.equal(await versionsListed(page), before + 3);
  await checkColours(page, 'maps');

  await page.click('#map-delete button'); // it is gone already
  assert.equal(await versionsListed(page), before + 3);
  assert.match(await page.textContent('#building-says'), /same version/);

  await page.focus('#v1-from');
  await page.keyboard.press('Enter');
  assert.equal(await page.getAttribute(':focus', 'id'), 'v1-draw', 'where the focus goes from a button that is spent');
  await page.click('#map-add-10');
  await page.click('[aria-label="Forget version 2"]');
  assert.equal(await versionsListed(page), before + 3);
  await checkColours(page, 'maps');
}

async function buildVectors(page) {
  await page.check('#choose-vector');
  await checkColours(page, 'vectors');
  for (const press of ['#vector-push', '#vector-set', '#vector-slice']) await page.click(`${press} button`);
  await page.click('#vector-push-2000');
  await page.click('#vector-double');
  await checkColours(page, 'vectors');
  await page.check('#choose-map');
  await checkColours(page, 'maps');
}

/** The tree by keyboard alone. */
async function walkTree(page) {
  await page.focus('#trees .node[tabindex="0"]');
  const root = await page.textContent('#node');
  assert.match(root, /^branch at 0x/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const child = await page.textContent('#node');
  assert.notEqual(child, root);
  assert.equal(await page.getAttribute(':focus', 'aria-label'), child);
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.textContent('#node'), root);
}

/** The reads of each worker in the table. */
const reads = (page) =>
  page.$$eval('#workers tr', (rows) => rows.map((row) => Number(row.cells[3].textContent.replaceAll(',', ''))));

/** Waits until `holds` of the reads of all workers. */
async function untilReads(page, holds) {
  for (let tries = 0; tries < 150; tries++) {
    const now = await reads(page);
    if (holds(now)) return now;
    await page.waitForTimeout(100);
  }
  throw new Error(`the workers do not get on: ${await reads(page)}`);
}

async function work(page) {
  await page.fill('#worker-count', '3');
  await page.click('#workers-start button.main');
  const first = await untilReads(page, (now) => now.length === 3 && now.every((count) => count > 0));
  await untilReads(page, (now) => now.every((count, i) => count > first[i]));
  await untilFigure(page, 'versions joined', 2);
  await untilFigure(page, 'entries', 103_000);

  await page.click('[aria-label="Terminate worker 2"]');
  const says = await page.textContent('#workers-say');
  assert.match(
    says,
    /last version is readable, (\S+) of \1 entries right; a write of our own went through.*nothing is/,
  );
  const then = await untilReads(page, (now) => now.length === 3);
  const later = await untilReads(page, (now) => now[0] > then[0] && now[2] > then[2]);
  assert.equal(later[1], then[1]);
  await untilFigure(page, 'ended workers cleaned up after', 1);
  assert.equal(await figure(page, 'wrong answers'), 0);

  await page.check('#measure [name=size-1000]');
  await page.click('#measure-begin');
  assert.match(await page.textContent('#measuring-says'), /Terminate the workers/);
  await page.click('#workers-stop');

  await page.uncheck('#workers-start [name=writes]'); // once more, with readers alone
  await page.click('#workers-start button.main');
  await untilReads(page, (now) => now.length === 3 && now.every((count) => count > 0));
  await page.click('#workers-stop');
  assert.equal(await page.textContent('#workers tr:first-child td:nth-child(3)'), '0');
}

async function measure(page) {
  await page.uncheck('#measure [name=size-10000]');
  await page.click('#measure-begin');
  await page.waitForFunction(() => /^(Done|It failed)/.test(document.getElementById('measuring-says').textContent));
  assert.match(await page.textContent('#measuring-says'), /^Done/);
  const rows = await page.$$eval('#measured tbody tr:not(.group)', (all) =>
    all.map(({ cells }) => [...cells].map(({ textContent }) => textContent)),
  );
  assert.equal(rows.length, 7);
  for (const [name, ours, theirs, verdict] of rows) {
    assert.ok(Number(ours.replace(',', '')) > 0 && Number(theirs.replace(',', '')) > 0, name);
    assert.match(verdict, /^(equal|[\d.]+× (faster|slower))$/);
  }
  for (const side of ['coppice', 'immutable']) assert.equal(await page.locator(`.plot .dot.${side}`).count(), 7);
  assert.match(await page.textContent('.plot'), /ns per operation/);
  const marks = await page.$$eval('.plot .tick', (ticks) => ticks.map(({ textContent }) => textContent));
  assert.ok(marks.length > 1);
}

async function isolated(use) {
  const process = spawn(globalThis.process.execPath, [server, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(createInterface({ input: process.stdout }), 'line');
    await use(/http:\S+/.exec(line)[0]);
  } finally {
    process.kill();
  }
}

const whole = (how) => () =>
  isolated((url) =>
    withPage(url, how, async (page) => {
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      await buildMaps(page);
      await buildVectors(page);
      await walkTree(page);
      await work(page);
      await measure(page);
    }),
  );

await buildPlayground();
await report({
  'versions are drawn as they are, workers work, and both maps are measured': whole(WIDE),
  'the same on a narrow screen': whole(NARROW),

  'without the headers it says why workers cannot share, and the rest works': async () => {
    const plain = await serve(out, false);
    try {
      await withPage(`${plain.origin}/index.html`, NARROW, async (page) => {
        assert.match(await page.textContent('#workers-refused'), /Cross-Origin-Opener-Policy: same-origin/);
        assert.ok(await page.isVisible('#workers-refused'));
        assert.ok(!(await page.isVisible('#workers-live')));
        const before = await versionsListed(page);
        await page.click('#map-set button');
        assert.equal(await versionsListed(page), before + 1);
        assert.ok((await page.locator('.node.shared').count()) > 0);
        await measure(page);
      });
    } finally {
      plain.close();
    }
  },

  'what is not there is not served': () =>
    isolated(async (url) => {
      assert.equal((await fetch(`${url}nothing`)).status, 404);
      assert.equal((await fetch(`${url}%2e%2e/%2e%2e/package.json`)).status, 404);
    }),
});
await closeBrowser();
console.log('end');
