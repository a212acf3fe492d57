import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeLines } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { forever, type Opened, openSynthesis } from './open-synthesis.ts';

let model: SynthesisModel;
let at: Opened;

beforeEach(async () => {
  model = await synthesisModel();
});
afterEach(async () => {
  await at.close();
  await model.close();
});

const PRICED = 'gpt-4o';

describe('money', () => {
  test('the limit ends a run, is overshot by one call at most, and a higher one goes on', async () => {
    at = await openSynthesis({ model: model.url, modelName: PRICED });
    model.options = { latencyMs: 20 };
    const file = at.file('runs.jsonl', madeLines(60));
    const whole = await at.synthesis.estimate([file], forever());
    expect(whole.usd).toBeGreaterThan(0);
    const limit = whole.usd! / 3;
    await expect(at.synthesis.once([file], { ...forever(), maxUsd: limit })).rejects.toMatchObject({
      code: 'BUDGET_REACHED',
    });
    const spent = (await at.synthesis.dataset()).money;
    const dearest = (spent.usd / spent.calls) * 1.5;
    expect(spent.usd).toBeGreaterThanOrEqual(limit);
    expect(spent.usd).toBeLessThanOrEqual(limit + dearest);
    expect(existsSync(path.join(at.dir, 'task_essences.json'))).toBe(true);
    const result = await at.synthesis.once([file], forever());
    expect(result).toMatchObject({ essences: 60, failed: 0 });
    const { inputTokens, outputTokens, answered } = model.stats();
    expect(result.money).toMatchObject({ inputTokens, outputTokens, calls: answered });
    expect(model.stats().questions).toBe(answered);
  });

  test('a limit of calls is met exactly, however many may be asked at a time', async () => {
    at = await openSynthesis({ model: model.url, plugins: { synthesizer: { maxCalls: 50 } } });
    model.options = { latencyMs: 20 };
    const file = at.file('runs.jsonl', madeLines(80));
    await expect(at.synthesis.once([file], forever())).rejects.toMatchObject({ code: 'BUDGET_REACHED' });
    expect(model.stats().answered).toBe(50);
    expect((await at.synthesis.dataset()).money.calls).toBe(50);
  });

  test('the estimate is near what is counted', async () => {
    at = await openSynthesis({ model: model.url, modelName: PRICED });
    const file = at.file('runs.jsonl', madeLines(100));
    const estimate = await at.synthesis.estimate([file], forever());
    expect(model.stats().answered).toBe(0);
    const { money } = await at.synthesis.once([file], forever());
    expect(estimate.calls / money.calls).toBeGreaterThan(0.85);
    expect(estimate.calls / money.calls).toBeLessThan(1.15);
  });
});

test('the estimate knows of harder seeds', async () => {
  at = await openSynthesis({ model: model.url, modelName: PRICED, plugins: { synthesizer: { evolve: 'depth' } } });
  const file = at.file('runs.jsonl', madeLines(60));
  const estimate = await at.synthesis.estimate([file], forever());
  const { money } = await at.synthesis.once([file], forever());
  expect(estimate.calls / money.calls).toBeGreaterThan(0.85);
  expect(estimate.calls / money.calls).toBeLessThan(1.15);
  // A third of them, though all are estimated before any was made.
  expect(money.byStage.evolve!.calls).toBe(60);
});

test('a run in which nobody asked for anything gives no task: told once with the reason, and no run fails for it', async () => {
  at = await openSynthesis({});
  const silent = JSON.stringify({ id: 'silent', messages: [{ role: 'assistant', content: 'I look around.' }] });
  const file = at.file('runs.jsonl', `${madeLines(3)}${silent}\n`);
  const problems: unknown[] = [];
  const options = { ...forever(), onProblem: (problem: unknown) => problems.push(problem) };
  await at.synthesis.estimate([file], forever());
  for (let n = 0; n < 2; n++) {
    expect(await at.synthesis.once([file], options)).toMatchObject({ essences: 4, failed: 0 });
    expect(at.lines('dropped_seeds.jsonl')).toEqual([
      expect.objectContaining({ filter: 'check:task', why: expect.stringContaining('no request') }),
    ]);
  }
  expect(problems).toEqual([]);
});

describe('a model', () => {
  test('that answers nonsense fails jobs, not the run; the next run tries them again', async () => {
    at = await openSynthesis({
      model: model.url,
      plugins: { queue: { leaseMs: 5_000, attempts: 2, pauseMs: 1, maxPauseMs: 10 }, llm: quick(model.url) },
    });
    model.options = { nonsense: true };
    const file = at.file('runs.jsonl', madeLines(5));
    const problems: string[] = [];
    const first = await at.synthesis.once([file], { ...forever(), onProblem: ({ what }) => problems.push(what) });
    expect(first).toMatchObject({ imported: 5, essences: 0, seeds: 0 });
    expect(first.failed).toBeGreaterThanOrEqual(5);
    expect(problems.join(' ')).toContain('no answer that fits');
    expect(at.text('report.md')).toContain('What failed');
    model.options = {};
    const second = await at.synthesis.once([file], forever());
    expect(second).toMatchObject({ essences: 5, failed: 0 });
  });

  test('that breaks now and then loses nothing', async () => {
    at = await openSynthesis({
      model: model.url,
      plugins: { queue: { leaseMs: 5_000, attempts: 5, pauseMs: 1, maxPauseMs: 10 }, llm: quick(model.url) },
    });
    model.options = { failEvery: 7 };
    const result = await at.synthesis.once([at.file('runs.jsonl', madeLines(40))], forever());
    expect(result).toMatchObject({ essences: 40, failed: 0 });
    expect(model.stats().failed).toBeGreaterThan(3);
  });

  test('that is away ends the run with a clear error, and nothing is lost', async () => {
    await model.close();
    at = await openSynthesis({
      model: model.url,
      plugins: { synthesizer: { giveUpAfter: 5 }, queue: { leaseMs: 5_000, attempts: 50, pauseMs: 1, maxPauseMs: 10 } },
    });
    const file = at.file('runs.jsonl', madeLines(10));
    await expect(at.synthesis.once([file], forever())).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    model = await synthesisModel();
    const dir = await at.leave();
    at = await openSynthesis({ model: model.url, dir });
    expect(await at.synthesis.once([file], forever())).toMatchObject({ duplicate: 10, essences: 10, failed: 0 });
  });

  test('with a ceiling is found out, and every job still done', async () => {
    at = await openSynthesis({ model: model.url, plugins: { llm: quick(model.url) } });
    model.options = { ceiling: 4, latencyMs: 10 };
    const result = await at.synthesis.once([at.file('runs.jsonl', madeLines(80))], forever());
    expect(result).toMatchObject({ essences: 80, failed: 0 });
    expect(model.stats().most).toBeLessThanOrEqual(4);
    const { answered, questions } = model.stats();
    expect(answered).toBe(questions);
  });
});

describe('files', () => {
  test('that hold no trajectories are named; where none does, the run is refused', async () => {
    at = await openSynthesis();
    const csv = at.file('table.csv', 'a,b,c\n1,2,3\n4,5,6\n');
    await expect(at.synthesis.once([csv], forever())).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
    await expect(at.synthesis.once([path.join(at.dir, 'nothing.jsonl')], forever())).rejects.toMatchObject({
      code: 'PATH_UNREADABLE',
    });
    const folder = path.join(at.dir, 'in');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'README.md'), '# Words\n\nabout something.\n');
    writeFileSync(path.join(folder, 'runs.jsonl'), madeLines(3));
    writeFileSync(path.join(folder, 'empty.jsonl'), '');
    writeFileSync(path.join(folder, 'noise.bin'), Buffer.from(Array.from({ length: 999 }, (_, n) => (n * 97) % 256)));
    const result = await at.synthesis.once([folder], forever());
    expect(result).toMatchObject({ seen: 3, imported: 3 });
    expect(result.refused.length).toBeGreaterThanOrEqual(2);
  });

  test('that cannot be written leave what is kept, and the next run writes them', async () => {
    const inTheWay = path.join(mkdtempSync(path.join(tmpdir(), 'in-the-way-')), 'file');
    writeFileSync(inTheWay, 'not a folder');
    at = await openSynthesis({ plugins: { synthesizer: { dir: path.join(inTheWay, 'out') } } });
    const file = at.file('runs.jsonl', madeLines(3));
    await expect(at.synthesis.once([file], forever())).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITTEN' });
    const dir = await at.leave();
    at = await openSynthesis({ dir });
    expect(await at.synthesis.once([file], forever())).toMatchObject({ imported: 0, duplicate: 3, essences: 3 });
    rmSync(path.dirname(inTheWay), { recursive: true });
    expect(at.essences()).toHaveLength(3);
  });
});

const quick = (url: string) => ({ url, model: 'stand-in', retries: 0, repairs: 0, concurrency: 64 });
