import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SynthesisResult } from '#plugins/synthesizer/api';
import { madeLines, madeTrajectory } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { type Opened, openSynthesis } from './open-synthesis.ts';

let model: SynthesisModel;
let at: Opened;
let folder: string;
let stop: AbortController;
let running: Promise<unknown> | undefined;

beforeEach(async () => {
  model = await synthesisModel();
  at = await openSynthesis({ model: model.url, plugins: { synthesizer: { sweepMs: 3_000 } } });
  folder = path.join(at.dir, 'in');
  mkdirSync(folder);
});
afterEach(async () => {
  await stopped();
  await at.close();
  await model.close();
});

const line = (n: number): string => `${JSON.stringify(madeTrajectory(n))}\n`;

async function watching(): Promise<void> {
  stop = new AbortController();
  let idle = (): void => {};
  const begun = new Promise<void>((resolve) => {
    idle = resolve;
  });
  running = at.synthesis.watch([folder], { signal: stop.signal, onProgress: () => idle() });
  await Promise.race([begun, sleep(2_000)]);
}
async function stopped(): Promise<void> {
  stop?.abort();
  await running;
  running = undefined;
}
const known = (): readonly string[] => {
  try {
    return at.essences().map(({ trajectory_id }) => trajectory_id);
  } catch {
    return [];
  }
};
async function until(count: number, ms = 15_000): Promise<void> {
  const end = Date.now() + ms;
  while (known().length < count && Date.now() < end) await sleep(15);
  expect(known()).toHaveLength(count);
  expect(new Set(known()).size).toBe(count);
}

test('what is appended becomes a seed soon', async () => {
  const file = path.join(folder, 'runs.jsonl');
  writeFileSync(file, madeLines(5));
  await watching();
  await until(5);
  while (at.seeds().length + at.lines('dropped_seeds.jsonl').length < 5) await sleep(5);
  const begun = Date.now();
  appendFileSync(file, line(77));
  const decided = (): number => at.seeds().length + at.lines('dropped_seeds.jsonl').length;
  while (decided() < 6 && Date.now() - begun < 10_000) await sleep(5);
  expect(decided()).toBe(6);
  // Five times what is promised, for a machine that does other things.
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(model.stats().answered).toBe(model.stats().questions);
});

test('a thousand appends in one tick are all worked, once', async () => {
  const file = path.join(folder, 'runs.jsonl');
  writeFileSync(file, '');
  await watching();
  for (let n = 0; n < 1_000; n++) appendFileSync(file, line(n));
  await until(1_000, 60_000);
  await stopped();
  expect(model.stats().answered).toBe(model.stats().questions);
}, 90_000);

test('a half-written record waits for its other half', async () => {
  const file = path.join(folder, 'runs.jsonl');
  await watching();
  const [one, two] = [line(1), line(2)];
  appendFileSync(file, one + two.slice(0, 300));
  await until(1);
  await sleep(300);
  appendFileSync(file, two.slice(300));
  await until(2);
});

test('renamed over, truncated and rewritten, replaced while stopped: none lost, none twice', async () => {
  const file = path.join(folder, 'runs.jsonl');
  writeFileSync(file, madeLines(10));
  await watching();
  await until(10);
  writeFileSync(path.join(folder, '.new'), madeLines(12, 5));
  renameSync(path.join(folder, '.new'), file);
  await until(17);
  writeFileSync(file, madeLines(3, 20));
  await until(20);
  await stopped();
  writeFileSync(file, madeLines(4, 30));
  writeFileSync(path.join(folder, 'other.jsonl'), madeLines(2, 40));
  await watching();
  await until(26);
  await stopped();
  const { answered, questions } = model.stats();
  expect(answered).toBe(questions);
});

test('a folder of many files, and folders that come later', async () => {
  for (let n = 0; n < 300; n++) writeFileSync(path.join(folder, `run-${n}.json`), JSON.stringify(madeTrajectory(n)));
  await watching();
  await until(300, 40_000);
  mkdirSync(path.join(folder, 'more', 'deep'), { recursive: true });
  writeFileSync(path.join(folder, 'more', 'deep', 'run.json'), JSON.stringify(madeTrajectory(900)));
  await until(301);
  for (let n = 1_000; n < 2_000; n++) writeFileSync(path.join(folder, `run-${n}.json`), line(n));
  await until(1_301, 40_000);
}, 90_000);

test('a file that holds none is told once, and not at all once it holds some', async () => {
  writeFileSync(path.join(folder, 'picture.json'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]));
  writeFileSync(path.join(folder, 'later.jsonl'), 'not yet\n');
  await watching();
  await until(0);
  await sleep(200);
  writeFileSync(path.join(folder, 'later.jsonl'), line(1));
  await until(1);
  // Past a sweep, which looks at all of them again.
  await sleep(3_200);
  stop.abort();
  const { refused } = (await running) as SynthesisResult;
  expect(refused.map(({ file }) => path.basename(file))).toEqual(['picture.json']);
});
