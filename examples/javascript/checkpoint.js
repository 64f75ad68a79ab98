// A list of measurements is saved to a file while it goes on growing: what is saved is one version, whatever happens
// meanwhile. Another run, or another machine, reads it back.
//
// Prints:
//   saved 50000 of 50010 measurements
//   read back: a Vector of 50000, equal to what was saved: true
//   the newest: 2025-11-21T20:49:59.000Z, 18.1 degrees
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBytes, snapshotBytes, Vector } from 'coppice';

const START = Date.UTC(2025, 10, 21, 6, 56, 40);

/** Values may be whatever can be cloned, dates among them. */
const measurement = (i) => ({
  at: new Date(START + i * 1000),
  celsius: Math.round(100 + 85 * Math.sin(i / 40_000)) / 10,
});

const folder = await mkdtemp(join(tmpdir(), 'coppice-checkpoint-'));
const file = join(folder, 'measurements');

let measurements = new Vector(Array.from({ length: 50_000 }, (_, i) => measurement(i)));
const checkpoint = measurements;
const saving = writeFile(file, snapshotBytes(checkpoint));
for (let i = 0; i < 10; i++) measurements = measurements.push(measurement(50_000 + i));
await saving;
console.log(`saved ${checkpoint.size} of ${measurements.size} measurements`);

const restored = fromBytes(await readFile(file));
const what = `a ${restored[Symbol.toStringTag]} of ${restored.size}`;
console.log(`read back: ${what}, equal to what was saved: ${restored.equals(checkpoint)}`);
const { at, celsius } = restored.last();
console.log(`the newest: ${at.toISOString()}, ${celsius} degrees`);
await rm(folder, { recursive: true });
