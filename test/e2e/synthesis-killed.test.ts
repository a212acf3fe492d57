import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeLines } from '../support/made-trajectories.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type SynthesisModel, synthesisModel } from '../support/synthesis-model.ts';
import { Dice } from './dice.ts';
import { leftovers, outputsOf, type SynthesisProcess, startSynthesis } from './synthesis-process.ts';

/** More of both by hand: RUNS=2000 KILLS=20 LATENCY_MS=200. */
const RUNS = Number(process.env.RUNS ?? 300);
const KILLS = Number(process.env.KILLS ?? 6);
const CONCURRENCY = 32;
const LATENCY_MS = Number(process.env.LATENCY_MS ?? 25);

let top: string;
let file: string;
let model: SynthesisModel;
let whole: ReturnType<typeof outputsOf>;
let calls: number;

const env = (): Record<string, string> => ({ LLM_URL: model.url, LLM_MODEL: 'gpt-4o-mini' });

beforeAll(async () => {
  top = mkdtempSync(path.join(tmpdir(), 'synthesis-killed-'));
  file = path.join(top, 'runs.jsonl');
  writeFileSync(file, madeLines(RUNS));
  model = await synthesisModel({ latencyMs: LATENCY_MS });
  const unbroken = startSynthesis(path.join(top, 'whole'), ['--once', file], env());
  expect(await unbroken.exited, unbroken.output.stderr).toBe(0);
  whole = outputsOf(path.join(top, 'whole'));
  calls = model.stats().answered;
}, 300_000);
afterAll(async () => {
  await model.close();
  rmSync(top, { recursive: true, force: true });
});

test('killed again and again, it makes the same, and repeats no more calls than were under way', async () => {
  const data = path.join(top, 'killed');
  const dice = new Dice(Number(process.env.SEED ?? Date.now() % 1_000_000));
  const before = model.stats();
  let killed = 0;
  while (killed < KILLS) {
    const one = startSynthesis(data, ['--once', file, '--quiet'], env());
    // In the middle of its calls: a kill before the first of them shows little.
    const enough = model.stats().answered + dice.upTo(Math.ceil((2 * RUNS) / KILLS));
    while (one.child.exitCode === null && model.stats().answered <= enough) await sleep(5);
    if (one.child.exitCode !== null) break;
    one.child.kill('SIGKILL');
    await one.exited;
    killed++;
  }
  const last = startSynthesis(data, ['--once', file, '--json'], env());
  expect(await last.exited, last.output.stderr).toBe(0);
  expect(outputsOf(data)).toEqual(whole);
  expect(leftovers(data)).toEqual([]);
  const after = model.stats();
  const repeated = after.answered - before.answered - calls;
  expect(repeated).toBeGreaterThanOrEqual(0);
  expect(repeated).toBeLessThanOrEqual(CONCURRENCY * killed);
  const { money } = JSON.parse(last.output.stdout) as {
    money: { calls: number; inputTokens: number; outputTokens: number; unfinishedCalls: number };
  };
  process.stdout.write(
    `killed ${killed} times: ${repeated} calls repeated, ${money.unfinishedCalls} known as cut off, ${money.calls} counted, ${after.answered - before.answered} answered\n`,
  );
  // What the model counted, also of calls whose answers nobody was left to take.
  expect(money.calls).toBeGreaterThanOrEqual(after.answered - before.answered);
  expect(money.calls - (after.answered - before.answered)).toBeLessThanOrEqual(CONCURRENCY * killed);
}, 600_000);

test.skipIf(findRedis() === undefined)(
  'two workers on Redis, one killed, one frozen past its lease: the same',
  async () => {
    const redis = await startRedis();
    const data = path.join(top, 'redis');
    const shared = { ...env(), REDIS_URL: redis.url };
    const others: SynthesisProcess[] = [];
    const begin = (): SynthesisProcess => {
      const one = startSynthesis(data, ['--once', file, '--quiet'], shared);
      others.push(one);
      return one;
    };
    try {
      const [first, second] = [begin(), begin()];
      await sleep(2_500);
      first.child.kill('SIGKILL');
      second.child.kill('SIGSTOP');
      const third = begin();
      // Longer than a lease of the queue and of the lead.
      await sleep(12_000);
      second.child.kill('SIGCONT');
      expect(await third.exited, third.output.stderr).toBe(0);
      expect(await second.exited, second.output.stderr).toBe(0);
      expect(outputsOf(data)).toEqual(whole);
    } finally {
      for (const { child } of others) if (child.exitCode === null) child.kill('SIGKILL');
      await redis.stop();
    }
  },
  120_000,
);
