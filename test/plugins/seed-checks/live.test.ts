import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED_CHECK, type SeedCheck } from '#plugins/synthesizer/api';
import { passAt, passHat } from '../../../plugins/seed-checks/live/estimators.ts';
import { fixtureCalls } from '../tool-client/fixture-calls.ts';
import { bootLocal, bootRemote } from '../tool-client/planes.ts';
import { evidenceOf, never, openChecks, seedOf } from './made.ts';

const seed = (...expected_tools: string[]) => seedOf({ expected_tools });
const runs = (id: string): number => fixtureCalls.runs.get(id) ?? 0;
/** Names of ids are those of this file: calls are counted over all of them. */
const own = (name: string): string => `seed-checks-${name}-${process.pid}`;

async function withLocal(options: object, use: (live: SeedCheck) => Promise<void>): Promise<void> {
  const booted = await bootLocal({ plugins: { 'seed-checks': { live: options } } });
  try {
    await booted.plane.ready();
    await use(booted.client.all(SEED_CHECK).get('live')!);
  } finally {
    await booted.stop();
  }
}

test('recorded calls are made again as often as asked, each once a trial', async () => {
  const id = own('again');
  const evidence = evidenceOf(['x', { tool: 'fix/look', args: { id } }, { tool: 'fix/look', args: { id } }]);
  await withLocal({}, async (live) => {
    expect(await live.check(seed('fix/look'), evidence, never)).toEqual({
      verdict: 'passed',
      figures: { trials: 4, passes: 4, k: 4, calls: 1, pass_at_1: 1, pass_hat_k: 1 },
    });
  });
  expect(runs(id)).toBe(4);
});

test('what may change something is left alone, unless the configuration lets it', async () => {
  const id = own('effect');
  const evidence = evidenceOf(['x', { tool: 'fix/count', args: { id } }]);
  await withLocal({}, async (live) => {
    expect(await live.check(seed('fix/count'), evidence, never)).toEqual({
      verdict: 'unverified',
      why: 'not marked as read-only: "fix/count"',
    });
  });
  expect(runs(id)).toBe(0);
  await withLocal({ liveEffects: true, k: 2, trials: 3 }, async (live) => {
    const { figures } = await live.check(seed('fix/count'), evidence, never);
    expect(figures).toMatchObject({ trials: 3, k: 2, pass_at_1: 1, pass_hat_k: 1 });
  });
  expect(runs(id)).toBe(3);
});

test('calls that never work refuse a seed; what cannot be run leaves it open', async () => {
  await withLocal({ liveEffects: true, k: 2, trials: 2 }, async (live) => {
    const of = (tool: string, args: object, expected = tool) =>
      live.check(seed(expected), evidenceOf(['x', { tool, args }]), never);
    expect(await of('fix/refuse', {})).toMatchObject({
      verdict: 'failed',
      why: 'the calls never worked in 2 trials: fix/refuse (step 1): no such file',
      figures: { pass_at_1: 0, pass_hat_k: 0 },
    });
    expect(await of('gone/tool', {})).toEqual({ verdict: 'unverified', why: 'no tool server has "gone/tool"' });
    expect((await of('fix/say', { text: '<EMAIL_1>' })).why).toBe('arguments were redacted of "fix/say"');
    expect((await of('fix/say', { text: 'a' }, 'other')).why).toBe('no good call of the expected tools is recorded');
    expect((await of('fix/say', { text: 'a' })).verdict).toBe('passed');
  });
});

test('limits of calls and of time', async () => {
  const [first, second] = [own('first'), own('second')];
  const evidence = evidenceOf([
    'x',
    { tool: 'fix/look', args: { id: first } },
    { tool: 'fix/look', args: { id: second } },
  ]);
  await withLocal({ maxCalls: 4 }, async (live) => {
    const verdict = await live.check(seed('fix/look'), evidence, never);
    expect(verdict).toMatchObject({ verdict: 'passed', why: '1 calls are beyond maxCalls', figures: { calls: 1 } });
  });
  expect([runs(first), runs(second)]).toEqual([4, 0]);
  const held = evidenceOf(['x', { tool: 'fix/hold', args: { id: own('hold') } }]);
  await withLocal({ liveEffects: true, totalMs: 50 }, async (live) => {
    expect(await live.check(seed('fix/hold'), held, never)).toEqual({
      verdict: 'unverified',
      why: 'the calls took longer than 50 ms together',
    });
    const ending = new AbortController();
    const check = live.check(seed('fix/hold'), held, ending.signal);
    ending.abort(new Error('over'));
    await expect(check).rejects.toThrow('over');
  });
  await withLocal({ liveEffects: true, timeoutMs: 20 }, async (live) => {
    const verdict = await live.check(seed('fix/hold'), held, never);
    expect(verdict.verdict).toBe('unverified');
    expect(verdict.why).toMatch(/^the tool server could not be reached/);
  });
});

test('over a tool server elsewhere, and without any', async () => {
  const remote = await bootRemote();
  const id = own('remote');
  const evidence = evidenceOf(['x', { tool: 'fix/look', args: { id } }]);
  try {
    const check = await openChecks({}, { plane: remote.plane });
    expect(await check('live', seed('look'), evidence)).toMatchObject({ verdict: 'passed', figures: { passes: 4 } });
    expect(runs(id)).toBe(4);
  } finally {
    await remote.stop();
  }
  const alone = await openChecks();
  expect((await alone('live', seed('fix/look'), evidence)).verdict).toBe('unverified');
});

test('some trials that work: figures, and no refusal', async () => {
  let calls = 0;
  const view = { version: 1, tools: new Map([['fix__look', { name: 'fix__look', id: 'fix/look', readOnly: true }]]) };
  const plane = {
    ready: async () => view,
    call: async () => ({ isError: calls++ % 2 === 1, text: 'now and then' }),
  };
  const check = await openChecks({ live: { k: 2 } }, { plane });
  const verdict = await check('live', seed('fix/look'), evidenceOf(['x', { tool: 'fix/look' }]));
  expect(verdict).toMatchObject({ verdict: 'passed', why: expect.stringContaining('worked in 2 of 4 trials') });
  expect(verdict.figures).toMatchObject({ pass_at_1: 0.5 });
  expect(verdict.figures!.pass_hat_k).toBeCloseTo(1 / 6);
});

test('estimators: the mean over all choices of k trials', () => {
  const trials = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(trials, fc.integer({ min: 1, max: 8 }), (results, wanted) => {
      const k = Math.min(wanted, results.length);
      const passes = results.filter(Boolean).length;
      const choices = choicesOf(results, k);
      const share = (of: (choice: boolean[]) => boolean) => choices.filter(of).length / choices.length;
      expect(passAt(k, results.length, passes)).toBeCloseTo(share((choice) => choice.some(Boolean)));
      expect(passHat(k, results.length, passes)).toBeCloseTo(share((choice) => choice.every(Boolean)));
    }),
  );
});

function choicesOf(results: readonly boolean[], k: number): boolean[][] {
  if (k === 0) return [[]];
  return results.flatMap((first, at) => choicesOf(results.slice(at + 1), k - 1).map((rest) => [first, ...rest]));
}
