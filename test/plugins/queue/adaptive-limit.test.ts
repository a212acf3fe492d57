import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdaptiveLimit } from '../../../plugins/queue/adaptive-limit.ts';

interface World {
  /** How many at once the other side takes, by the time in ms; it refuses what is above. */
  readonly ceiling: (now: number) => number;
  readonly latencyMs: number;
  readonly refusalMs?: number;
  readonly forMs: number;
  readonly most?: number;
  readonly start?: number;
  /** Share of calls that are refused for no such reason. */
  readonly noise?: number;
  readonly random: () => number;
}

/** One worker that is never short of calls, in simulated time. */
function simulate({ ceiling, latencyMs, refusalMs = 1, forMs, most = 32, start = 4, noise = 0, random }: World) {
  let now = 0;
  let there = 0;
  const agenda: { at: number; what: () => void }[] = [];
  const calls: { at: number; refused: boolean }[] = [];
  const limits: { at: number; limit: number }[] = [];
  const limit = new AdaptiveLimit({
    ...{ most, start, probeCalls: 250, maxProbeCalls: 1_000, restMs: 1_000, maxRestMs: 60_000 },
    onChange: (changed) => limits.push({ at: now, limit: changed }),
    now: () => now,
  });
  const fill = (): void => {
    while (limit.room > 0) {
      const call = limit.begin();
      const refused = there >= ceiling(now) || random() < noise;
      calls.push({ at: now, refused });
      if (!refused) there++;
      const lasts = refused ? refusalMs : latencyMs * (0.9 + random() / 5);
      agenda.push({
        at: now + lasts,
        what: () => {
          if (!refused) there--;
          limit.end(call, refused ? 'overloaded' : 'well');
          fill();
        },
      });
    }
    if (limit.restsUntil > now) agenda.push({ at: limit.restsUntil, what: fill });
  };
  fill();
  while (agenda.length > 0 && now < forMs) {
    const next = agenda.reduce((soonest, each) => (each.at < soonest.at ? each : soonest));
    agenda.splice(agenda.indexOf(next), 1);
    now = next.at;
    next.what();
  }
  const between = (from: number, to = forMs) => calls.filter(({ at }) => at >= from && at < to);
  const refusedShare = (from: number, to?: number): number => {
    const some = between(from, to);
    return some.filter(({ refused }) => refused).length / some.length;
  };
  const limitAt = (at: number): number => limits.findLast((each) => each.at <= at)?.limit ?? start;
  return { limit, between, refusedShare, limitAt };
}

/** Reproducible: fast-check shows the seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test('a ceiling of 8 under up to 32 at once is found within 5 s, and then hardly ever crossed', () => {
  const { limitAt, refusedShare, between } = simulate({
    ceiling: () => 8,
    latencyMs: 200,
    forMs: 120_000,
    random: randomOf(1),
  });
  expect(limitAt(5_000)).toBe(8);
  expect(refusedShare(5_000)).toBeLessThan(0.005);
  // And it is used: 40 calls a second.
  expect(between(5_000).length).toBeGreaterThan(0.97 * 40 * 115);
});

test('any ceiling is found, is used, and is hardly ever crossed', () => {
  fc.assert(
    fc.property(
      fc.record({
        ceiling: fc.integer({ min: 1, max: 40 }),
        latencyMs: fc.integer({ min: 20, max: 2_000 }),
        refusalMs: fc.integer({ min: 1, max: 200 }),
        start: fc.integer({ min: 1, max: 40 }),
        seed: fc.nat(2 ** 31),
      }),
      ({ ceiling, latencyMs, refusalMs, start, seed }) => {
        const forMs = 400 * latencyMs;
        const world = { latencyMs, refusalMs, start, forMs, random: randomOf(seed) };
        const { between, refusedShare } = simulate({ ...world, ceiling: () => ceiling });
        const served = between(100 * latencyMs).filter(({ refused }) => !refused).length;
        expect(served).toBeGreaterThan(0.9 * 300 * Math.min(32, ceiling));
        expect(refusedShare(100 * latencyMs)).toBeLessThan(0.02);
      },
    ),
    { numRuns: 60 },
  );
});

test('a ceiling that rises is noticed, and one that falls is obeyed at once', () => {
  const ceiling = (now: number): number => (now < 60_000 ? 8 : now < 180_000 ? 24 : 4);
  const { limitAt, refusedShare } = simulate({ ceiling, latencyMs: 200, forMs: 240_000, random: randomOf(3) });
  expect(limitAt(59_000)).toBeLessThanOrEqual(9);
  expect(limitAt(120_000)).toBeGreaterThanOrEqual(24);
  expect(limitAt(185_000)).toBeLessThanOrEqual(5);
  expect(refusedShare(185_000)).toBeLessThan(0.02);
});

test('a ceiling is tried ever more rarely', () => {
  const { between } = simulate({ ceiling: () => 8, latencyMs: 200, forMs: 400_000, random: randomOf(4) });
  const trials = between(5_000).filter(({ refused }) => refused);
  const gaps = trials.slice(1).map(({ at }, n) => at - trials[n]!.at);
  expect(gaps.length).toBeGreaterThan(3);
  for (const [n, gap] of gaps.slice(1).entries()) expect(gap).toBeGreaterThan(0.9 * gaps[n]!);
  expect(Math.max(...gaps)).toBeGreaterThan(22_000);
});

test('refusals for another reason cost some speed, and do not bring it to its knees', () => {
  const { between } = simulate({ ceiling: () => 8, latencyMs: 200, forMs: 300_000, noise: 0.005, random: randomOf(5) });
  const served = between(0).filter(({ refused }) => !refused).length;
  expect(served).toBeGreaterThan(0.6 * 40 * 300);
});

test('the refusals of one round trip are one', () => {
  const limit = new AdaptiveLimit({
    ...{ most: 32, start: 16, probeCalls: 250, maxProbeCalls: 1_000, restMs: 1, maxRestMs: 1 },
  });
  const round = Array.from({ length: 16 }, () => limit.begin());
  for (const call of round) limit.end(call, 'overloaded');
  expect(limit.limit).toBe(11);
  limit.end(limit.begin(), 'overloaded');
  expect(limit.limit).toBeLessThan(11);
});

test('a server that refuses everything is asked ever more rarely', () => {
  const { between } = simulate({ ceiling: () => 0, latencyMs: 200, forMs: 600_000, random: randomOf(6) });
  expect(between(0).length).toBeLessThan(40);
  expect(between(0, 10_000).length).toBeGreaterThan(between(60_000, 120_000).length);
});

test('what is not used does not grow', () => {
  const limit = new AdaptiveLimit({
    ...{ most: 1_000, start: 4, probeCalls: 250, maxProbeCalls: 1_000, restMs: 1, maxRestMs: 1 },
  });
  for (let n = 0; n < 1_000; n++) limit.end(limit.begin(), 'well');
  expect(limit.limit).toBe(4);
  for (let n = 0; n < 1_000; n++) limit.end(limit.begin(), 'unknown');
  expect(limit.limit).toBe(4);
});

test('it is never beyond its bounds, whatever happens, and never counts wrong', () => {
  const step = fc.constantFrom<('begin' | 'well' | 'overloaded' | 'unknown' | 'later')[]>(
    ...(['begin', 'well', 'overloaded', 'unknown', 'later'] as const),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(step, { maxLength: 400 }),
      (most, start, steps) => {
        let now = 0;
        const changes: number[] = [];
        const limit = new AdaptiveLimit({
          ...{ most, start, probeCalls: 5, maxProbeCalls: 20, restMs: 10, maxRestMs: 100 },
          onChange: (changed) => changes.push(changed),
          now: () => now,
        });
        const calls: ReturnType<AdaptiveLimit['begin']>[] = [];
        for (const each of steps) {
          if (each === 'later') now += 50;
          else if (each === 'begin') {
            if (limit.room > 0) calls.push(limit.begin());
          } else if (calls.length > 0) limit.end(calls.shift()!, each);
          expect(limit.limit).toBeGreaterThanOrEqual(1);
          expect(limit.limit).toBeLessThanOrEqual(most);
          if (limit.restsUntil <= now) expect(limit.room).toBe(Math.max(0, limit.limit - calls.length));
        }
        for (const [n, changed] of changes.entries()) expect(changed).not.toBe(changes[n - 1]);
      },
    ),
  );
});
