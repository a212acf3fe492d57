import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { madeLines, madeTrajectory } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { forever, type Opened, type OpenOptions, openSynthesis } from './open-synthesis.ts';

let model: SynthesisModel;
const open: Opened[] = [];

beforeAll(async () => {
  model = await synthesisModel();
});
afterAll(() => model.close());
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function opened(options: OpenOptions = {}): Promise<Opened> {
  const one = await openSynthesis({ model: model.url, ...options });
  open.push(one);
  return one;
}

/** The same data with other settings of the synthesizer. */
async function reopened(at: Opened, synthesizer: object): Promise<Opened> {
  open.splice(open.indexOf(at), 1);
  const dir = await at.leave();
  return opened({ dir, plugins: { synthesizer: { dir, ...synthesizer } } });
}

const FILES = ['task_essences.json', 'seed_tasks.jsonl', 'dropped_seeds.jsonl', 'clusters.jsonl'];
/** As sets. */
const made = (at: Opened) => FILES.map((name) => at.text(name).replaceAll(/,$/gm, '').split('\n').sort());

test('strategies there and back again make the same, and ask nothing again', async () => {
  let at = await opened();
  const file = at.file('runs.jsonl', madeLines(8));
  await at.synthesis.once([file], forever());
  const before = made(at);
  at = await reopened(at, { essence: ['structural'], seed: ['variation'] });
  await at.synthesis.once([file], forever());
  expect(at.seeds().length).toBeGreaterThan(0);
  expect(at.essences().every(({ strategy }) => strategy === 'structural')).toBe(true);
  const calls = model.stats().answered;
  at = await reopened(at, {});
  await at.synthesis.once([file], forever());
  expect(made(at)).toEqual(before);
  expect(model.stats().answered).toBe(calls);
});

test('evolutions follow the seeds that are kept', async () => {
  let at = await opened();
  const file = at.file('runs.jsonl', madeLines(8));
  await at.synthesis.once([file], forever());
  at = await reopened(at, { evolve: 'depth' });
  await at.synthesis.once([file], forever());
  const harder = at.seeds().filter(({ lineage }) => lineage.evolution === 'depth');
  expect(harder.length).toBeGreaterThan(0);
  at = await reopened(at, { evolve: 'depth', seed: ['variation'] });
  await at.synthesis.once([file], forever());
  const kept = new Set(at.seeds().map(({ task_id }) => task_id));
  const now = at.seeds().filter(({ lineage }) => lineage.evolution === 'depth');
  expect(now.length).toBeGreaterThan(0);
  for (const { lineage } of now) for (const parent of lineage.parents ?? []) expect(kept).toContain(parent);
});

test('a list of evaluation tasks that comes later counts for seeds that are there, and no longer when it goes', async () => {
  let at = await opened();
  const file = at.file('runs.jsonl', madeLines(8));
  await at.synthesis.once([file], forever());
  const before = made(at);
  const calls = model.stats().answered;
  const [first] = at.seeds();
  const list = at.file('evaluation.jsonl', `${JSON.stringify({ id: 'e1', text: first!.description })}\n`);
  at = await reopened(at, { contamination: list });
  await at.synthesis.once([file], forever());
  expect(at.seeds().map(({ task_id }) => task_id)).not.toContain(first!.task_id);
  expect(at.lines('dropped_seeds.jsonl')).toMatchObject([{ task_id: first!.task_id, filter: 'contaminated' }]);
  writeFileSync(list, '');
  at = await reopened(at, { contamination: list });
  await at.synthesis.once([file], forever());
  expect(made(at)).toEqual(before);
  expect(model.stats().answered).toBe(calls);
});

test('a replay leaves seeds as they were made of what was known then', async () => {
  const at = await opened();
  await at.synthesis.once([at.file('runs.jsonl', madeLines(6))], forever());
  const later = [0, 1, 2].map((n) => JSON.stringify(madeTrajectory(n, { trial: 1, success: true })));
  await at.synthesis.once([at.file('later.jsonl', `${later.join('\n')}\n`)], forever());
  const before = FILES.map((name) => at.text(name));
  expect(at.seeds().some(({ difficulty }) => difficulty.trials > 1)).toBe(true);
  await at.synthesis.replay();
  expect(FILES.map((name) => at.text(name))).toEqual(before);
});

test('a cluster whose first run is erased goes on under another name', async () => {
  const at = await opened();
  const runs = [0, 1, 2].map((trial) => JSON.stringify(madeTrajectory(1, { trial, success: true })));
  const file = at.file('runs.jsonl', `${runs.join('\n')}\n${madeLines(2, 20)}`);
  await at.synthesis.once([file], forever());
  const clusters = at.lines<{ trajectory: string; cluster: string }>('clusters.jsonl');
  const gone = clusters.find(({ trajectory, cluster }) =>
    clusters.some((other) => other.trajectory !== trajectory && other.cluster === cluster),
  )!.cluster;
  await at.archive.erase(gone);
  await at.synthesis.retract();
  for (const name of FILES) expect(at.text(name)).not.toContain(gone);
  await at.synthesis.once([path.join(at.dir, 'runs.jsonl')], forever());
  for (const name of FILES) expect(at.text(name)).not.toContain(gone);
  expect(at.seeds().some(({ difficulty }) => difficulty.trials === 2)).toBe(true);
});
