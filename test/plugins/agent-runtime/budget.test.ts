import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { Budget } from '#plugins/agent-runtime/api';
import { RunBudget } from '../../../plugins/agent-runtime/budget.ts';

const WIDE: Budget = { steps: 100, tokens: 1e6, usd: 10, wallMs: 60_000, depth: 3 };
afterEach(() => void vi.useRealTimers());

it.each([
  ['budget_steps', { steps: 3 }, { tokens: 1, usd: 0.001 }],
  ['budget_tokens', { tokens: 250 }, { tokens: 100, usd: 0.001 }],
  ['budget_usd', { usd: 0.025 }, { tokens: 1, usd: 0.01 }],
] as const)('%s stops before the next call, and says how much was used', (kind, wanted, used) => {
  const budget = new RunBudget(WIDE, wanted);
  let calls = 0;
  while (budget.exceeded() === undefined) {
    budget.spend(used);
    calls++;
  }
  expect(calls).toBe(3);
  expect(budget.exceeded()).toMatchObject({ kind, message: expect.stringMatching(/\d.* of \$?\d/) });
});

it('no run costs more than one call above its money, whatever calls cost', () => {
  const cost = fc.double({ min: 0, max: 5, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 20, noNaN: true }), fc.array(cost, { maxLength: 60 }), (usd, costs) => {
      const budget = new RunBudget({ ...WIDE, usd });
      let last = 0;
      for (const each of costs) {
        if (budget.exceeded() !== undefined) break;
        last = each;
        budget.spend({ tokens: 1, usd: each });
      }
      expect(budget.spent.usd - last).toBeLessThanOrEqual(usd);
    }),
  );
});

it('a task tightens, and never widens, whatever it asks for', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1));
  const wanted = fc.record(
    { steps: number, tokens: number, usd: number, wallMs: number, depth: number },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(wanted, (task) => {
      const { limits } = new RunBudget(WIDE, task);
      for (const key of ['steps', 'tokens', 'usd', 'wallMs', 'depth'] as const) {
        expect(limits[key]).toBeLessThanOrEqual(WIDE[key]);
        expect(limits[key]).toBeGreaterThanOrEqual(0);
        if (task[key] !== undefined && task[key] >= 0)
          expect(limits[key]).toBeCloseTo(Math.min(task[key], WIDE[key]), 12);
      }
    }),
  );
  expect(new RunBudget(WIDE, { steps: 5 }).limits).toEqual({ ...WIDE, steps: 5 });
});

it('a clock that is set does not matter', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const budget = new RunBudget({ ...WIDE, wallMs: 2_000 });
  vi.setSystemTime(Date.now() + 86_400_000);
  expect(budget.exceeded()).toBeUndefined();
  vi.setSystemTime(0);
  expect(budget.exceeded()).toBeUndefined();
  await sleep(20);
  expect(budget.spent.wallMs).toBeGreaterThan(10);
  expect(budget.spent.wallMs).toBeLessThan(2_000);
});

it('time is over when the run has run for so long', () => {
  let now = 5_000;
  const budget = new RunBudget({ ...WIDE, wallMs: 1_000 }, {}, undefined, () => now);
  now += 999;
  expect(budget.exceeded()).toBeUndefined();
  now -= 500;
  expect(budget.spent.wallMs).toBe(499);
  now += 501;
  expect(budget.exceeded()).toMatchObject({ kind: 'budget_time' });
});

it('what goes on between two checks is told when time is over', async () => {
  const soon = new RunBudget({ ...WIDE, wallMs: 30 }).deadline();
  expect(soon.signal.aborted).toBe(false);
  await vi.waitFor(() => expect(soon.signal.aborted).toBe(true));
  const late = new RunBudget({ ...WIDE, wallMs: 1e12 }).deadline();
  await sleep(20);
  expect(late.signal.aborted).toBe(false);
  late.end();
});

it('a run that goes on has what the interrupted one left, and not the time between', async () => {
  let now = 0;
  const first = new RunBudget({ ...WIDE, steps: 4, usd: 1 }, {}, undefined, () => now);
  first.spend({ tokens: 10, usd: 0.4 });
  first.spend({ tokens: 10, usd: 0.4 });
  now = 700;
  const kept = JSON.parse(JSON.stringify(first.spent));
  expect(kept).toEqual({ steps: 2, tokens: 20, usd: 0.8, wallMs: 700 });
  now = 1e9;
  const second = new RunBudget({ ...WIDE, steps: 4, usd: 1 }, {}, kept, () => now);
  expect(second.exceeded()).toBeUndefined();
  second.spend({ tokens: 10, usd: 0.4 });
  expect(second.exceeded()).toMatchObject({ kind: 'budget_usd' });
  expect(second.spent).toEqual({ steps: 3, tokens: 30, usd: expect.closeTo(1.2), wallMs: 700 });
});

it('agents below spend from the same purse, and stand no deeper than they may', () => {
  const parent = new RunBudget(WIDE, { usd: 1, depth: 2 });
  parent.spend({ tokens: 100, usd: 0.3 });
  const [child, other] = [parent.below(), parent.below().below()];
  expect(child.limits).toMatchObject({ usd: 1, depth: 2 });
  other.spend({ tokens: 50, usd: 0.5 });
  expect(child.exceeded()).toBeUndefined();
  expect(child.spent).toMatchObject({ steps: 0, usd: 0 });
  child.spend({ tokens: 50, usd: 0.3 });
  expect(parent.spent).toMatchObject({ steps: 3, tokens: 200, usd: expect.closeTo(1.1) });
  for (const each of [parent, child, other]) expect(each.exceeded()).toMatchObject({ kind: 'budget_usd' });
  expect(parent.tooDeep(2)).toBeUndefined();
  expect(parent.tooDeep(3)).toMatchObject({ kind: 'budget_depth', message: expect.stringContaining('2 deep') });
});

it('what a provider reports wrongly gives no money back', () => {
  const budget = new RunBudget(WIDE);
  for (const usd of [1, Number.NaN, -5]) budget.spend({ tokens: usd, usd });
  expect(budget.spent).toMatchObject({ steps: 3, tokens: 1, usd: 1 });
});

it('waits for people are not counted, also those of agents below, and the deadline knows', async () => {
  let now = 0;
  const parent = new RunBudget({ ...WIDE, wallMs: 100 }, {}, undefined, () => now);
  const child = parent.below();
  const late = parent.deadline();
  now = 40;
  const resume = [child.pause(), child.pause()];
  now = 10_000;
  await sleep(70);
  expect(late.signal.aborted).toBe(false);
  for (const each of [...resume, resume[0]!]) each();
  expect([parent.spent.wallMs, child.spent.wallMs]).toEqual([40, 40]);
  now += 60;
  expect(parent.exceeded()).toMatchObject({ kind: 'budget_time' });
  await vi.waitFor(() => expect(late.signal.aborted).toBe(true));
});
