import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Progress } from '#plugins/synthesizer/api';
import { madeLines, madeTrajectory } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { forever, type Opened, openSynthesis } from './open-synthesis.ts';

let model: SynthesisModel;
let open: Opened[];

beforeEach(async () => {
  model = await synthesisModel();
  open = [];
});
afterEach(async () => {
  for (const each of open) await each.close();
  await model.close();
});

async function opened(...options: Parameters<typeof openSynthesis>): Promise<Opened> {
  const one = await openSynthesis(...options);
  open.push(one);
  return one;
}

describe('a file of trajectories, worked once', () => {
  test('each trajectory has an essence, each task a seed, and the files say so', async () => {
    const at = await opened({ model: model.url });
    const trials = Array.from({ length: 12 }, (_, n) => JSON.stringify(madeTrajectory(n, { trial: 1, success: true })));
    const file = at.file('runs.jsonl', `${madeLines(12)}${trials.join('\n')}\n`);
    const result = await at.synthesis.once([file], forever());
    expect(result).toMatchObject({ seen: 24, imported: 24, duplicate: 0, quarantined: 0, essences: 24, failed: 0 });
    expect(result.clusters).toBe(12);
    expect(at.essences()).toHaveLength(24);
    expect(new Set(at.essences().map(({ trajectory_id }) => trajectory_id)).size).toBe(24);
    expect(at.seeds().length + at.lines('dropped_seeds.jsonl').length).toBe(12);
    expect(model.stats()).toMatchObject({ answered: 36, questions: 36 });
    expect(result.money).toMatchObject({ calls: 36, unfinishedCalls: 0 });
    for (const seed of at.seeds()) {
      expect(seed.lineage.trials).toHaveLength(2);
      expect(seed.difficulty).toMatchObject({ trials: 2, judged: 2 });
      expect(seed.lineage.calls).toHaveLength(2);
    }
    const clusters = at.lines<{ key: string; cluster: string }>('clusters.jsonl');
    expect(new Set(clusters.map(({ key }) => key)).size).toBe(24);
    expect(at.text('report.md')).toContain('24');
    expect(at.text('report.html')).toContain('<svg');
  });

  test('without a model it says so, asks nobody, and still makes seeds', async () => {
    const at = await opened();
    let told: Progress | undefined;
    const onProgress = (progress: Progress): void => {
      told = progress;
    };
    const result = await at.synthesis.once([at.file('runs.jsonl', madeLines(10))], { ...forever(), onProgress });
    expect(result).toMatchObject({ imported: 10, essences: 10, money: { calls: 0 } });
    expect(told).toMatchObject({ stage: 'idle', imported: 10, seeds: result.seeds });
    expect(at.essences().every(({ strategy }) => strategy === 'structural')).toBe(true);
    expect(at.seeds().length).toBeGreaterThan(5);
    expect(at.seeds().every(({ lineage }) => lineage.essence_strategy === 'structural')).toBe(true);
    expect(model.stats().answered).toBe(0);
  });

  test('bad records cost themselves, a torn tail waits, and comes once it is whole', async () => {
    const at = await opened();
    const whole = madeLines(20).split('\n');
    const lines = [...whole.slice(0, 5), '{"messages": [', ...whole.slice(5, 20)];
    const torn = JSON.stringify(madeTrajectory(99));
    const file = at.file('runs.jsonl', `${lines.join('\n')}\n${torn.slice(0, 200)}`);
    const first = await at.synthesis.once([file], forever());
    expect(first).toMatchObject({ seen: 21, imported: 20, quarantined: 1, waiting: 200 });
    writeFileSync(file, torn.slice(200), { flag: 'a' });
    const second = await at.synthesis.once([file], forever());
    expect(second).toMatchObject({ seen: 22, imported: 1, duplicate: 20, quarantined: 1, waiting: 0 });
    expect(at.essences()).toHaveLength(21);
  });
});

describe('again', () => {
  test('a second run asks nothing; one more trajectory is exactly its calls', async () => {
    const at = await opened({ model: model.url });
    const file = at.file('runs.jsonl', madeLines(30));
    await at.synthesis.once([file], forever());
    const [calls, seeds] = [model.stats().answered, at.text('seed_tasks.jsonl')];
    const again = await at.synthesis.once([file], forever());
    expect(again).toMatchObject({ imported: 0, duplicate: 30 });
    expect(model.stats().answered).toBe(calls);
    expect(at.text('seed_tasks.jsonl')).toBe(seeds);
    writeFileSync(file, `${JSON.stringify(madeTrajectory(500))}\n`, { flag: 'a' });
    await at.synthesis.once([file], forever());
    expect(model.stats().answered).toBe(calls + 2);
    expect(at.essences()).toHaveLength(31);
  });

  test('records renamed, reordered, re-indented, packed or moved are known', async () => {
    const at = await opened({ model: model.url });
    const file = at.file('runs.jsonl', madeLines(10));
    await at.synthesis.once([file], forever());
    const calls = model.stats().answered;
    const records = Array.from({ length: 10 }, (_, n) => madeTrajectory(n));
    const turned = records.map((one) => Object.fromEntries(Object.entries(one).reverse())).reverse();
    rmSync(file);
    const folder = path.join(at.dir, 'moved');
    mkdirSync(path.join(folder, 'each'), { recursive: true });
    writeFileSync(path.join(folder, 'array.json'), JSON.stringify(turned, null, 4));
    writeFileSync(
      path.join(folder, 'packed.jsonl.gz'),
      gzipSync(turned.map((one) => JSON.stringify(one)).join('\r\n')),
    );
    for (const [n, one] of turned.entries())
      writeFileSync(path.join(folder, 'each', `${n}.json`), JSON.stringify(one, null, 1));
    const result = await at.synthesis.once([folder], forever());
    expect(result).toMatchObject({ seen: 30, imported: 0, duplicate: 30, quarantined: 0 });
    renameSync(path.join(folder, 'array.json'), path.join(folder, 'other.json'));
    await at.synthesis.once([folder], forever());
    expect(model.stats().answered).toBe(calls);
    expect(at.essences()).toHaveLength(10);
  });

  test('another seed strategy asks no essence again', async () => {
    const first = await openSynthesis({ model: model.url });
    await first.synthesis.once([first.file('runs.jsonl', madeLines(8))], forever());
    const calls = model.stats().answered;
    const dir = await first.leave();
    const at = await opened({ model: model.url, dir, plugins: { synthesizer: { dir, seed: ['variation'] } } });
    await at.synthesis.once([path.join(dir, 'runs.jsonl')], forever());
    expect(model.stats().answered).toBe(calls);
    expect(at.seeds().every(({ lineage }) => lineage.seed_strategy === 'variation')).toBe(true);
  });
});

describe('what came of it', () => {
  test('every seed can be explained, by a cut id too; an unknown one is refused with the nearest', async () => {
    const at = await opened({ model: model.url });
    await at.synthesis.once([at.file('runs.jsonl', madeLines(12))], forever());
    expect(at.seeds().length).toBeGreaterThan(6);
    for (const seed of at.seeds()) {
      const told = await at.synthesis.explain(seed.task_id);
      expect(told.seed).toEqual(seed);
      expect(told.essence.essence_id).toBe(seed.lineage.essence);
      expect(told.trajectories.map(({ id }) => id)).toEqual(seed.lineage.trials);
      expect(told.calls.map(({ key }) => key)).toEqual(seed.lineage.calls);
      for (const call of told.calls) expect(call).toMatchObject({ model: 'stand-in', promptHash: expect.any(String) });
    }
    const [one] = at.seeds();
    expect((await at.synthesis.explain(one!.task_id.slice(0, 14))).seed.task_id).toBe(one!.task_id);
    await expect(at.synthesis.explain(`${one!.task_id}x`)).rejects.toMatchObject({
      code: 'SEED_UNKNOWN',
      alternatives: expect.arrayContaining([one!.task_id]),
    });
  });

  test('a replay writes the same bytes without a call', async () => {
    const at = await opened({ model: model.url, plugins: { synthesizer: { evolve: 'width' } } });
    await at.synthesis.once([at.file('runs.jsonl', madeLines(15))], forever());
    const names = [
      'task_essences.json',
      'seed_tasks.jsonl',
      'dropped_seeds.jsonl',
      'clusters.jsonl',
      'report.md',
      'report.html',
    ];
    const before = names.map((name) => at.text(name));
    const calls = model.stats().answered;
    for (const name of names) rmSync(path.join(at.dir, name));
    await at.synthesis.replay();
    expect(names.map((name) => at.text(name))).toEqual(before);
    expect(model.stats().answered).toBe(calls);
  });

  test('an erased trajectory takes all that came of it along', async () => {
    const at = await opened({ model: model.url, plugins: { synthesizer: { evolve: 'depth' } } });
    const file = at.file('runs.jsonl', madeLines(12));
    await at.synthesis.once([file], forever());
    const [first] = at.seeds();
    const gone = first!.lineage.trajectory;
    expect(at.text('seed_tasks.jsonl')).toContain(gone);
    await at.archive.erase(gone);
    expect(await at.synthesis.retract()).toBeGreaterThan(0);
    for (const name of ['task_essences.json', 'seed_tasks.jsonl', 'dropped_seeds.jsonl', 'clusters.jsonl'])
      expect(at.text(name)).not.toContain(gone);
    const calls = model.stats().answered;
    // Its file is read again, and it does not come back.
    await at.synthesis.once([file], forever());
    expect(at.text('task_essences.json')).not.toContain(gone);
    expect(model.stats().answered).toBe(calls);
  });

  test('an evolution makes further seeds that name their parents', async () => {
    const at = await opened({ model: model.url, plugins: { synthesizer: { evolve: 'depth' } } });
    await at.synthesis.once([at.file('runs.jsonl', madeLines(6))], forever());
    const plain = at.seeds().filter(({ lineage }) => lineage.evolution === 'none');
    const harder = at.seeds().filter(({ lineage }) => lineage.evolution === 'depth');
    expect(harder.length).toBeGreaterThan(0);
    const ids = new Set(plain.map(({ task_id }) => task_id));
    for (const { lineage } of harder) expect(lineage.parents!.every((parent) => ids.has(parent))).toBe(true);
  });
});
