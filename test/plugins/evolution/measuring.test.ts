import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Proposal } from '#plugins/evolution/api';
import { atLeast, atMost } from '#plugins/trajectory-archive/api';
import { verdict } from '../../../plugins/evolution/verdict.ts';
import { openEvolution, repeated } from './open-evolution.ts';

type Here = Awaited<ReturnType<typeof openEvolution>>;
const until = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const stateOf = async ({ evolution }: Here, id: string): Promise<Proposal> =>
  (await evolution.proposals()).find((each) => each.id === id)!;

/** A tool with 90 of 100 successful uses, and a proposal for its description that is applied. */
async function applied(here: Here): Promise<Proposal> {
  here.server('a', ['find']);
  here.calls('a/find', 100, 90);
  const [proposal] = await here.evolution.propose();
  expect(proposal).toMatchObject({ kind: 'description', subject: 'a/find' });
  return here.evolution.apply(proposal!.id);
}

describe('a change that was applied', () => {
  test('is shown, and is taken back within 50 uses where it does harm', async () => {
    const here = await openEvolution({ listens: true });
    const { id, baseline } = await applied(here);
    expect(baseline).toEqual({ uses: 100, successes: 90 });
    expect(here.registry.resolve('a/find').description).toBe(
      'does find\nReliable: 90 of 100 uses succeeded (at least 82 %).',
    );
    const { version } = here.registry.snapshot;
    let uses = 0;
    for (; uses < 50 && here.registry.resolve('a/find').description !== undefined; uses++) {
      here.call('a/find', uses % 5 < 2);
      // What calls made due is done before the next one comes.
      await here.evolution.proposals();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(async () => expect(await stateOf(here, id)).toMatchObject({ state: 'reverted' }));
    const { why, since } = await stateOf(here, id);
    expect(why).toMatch(
      /^worse than before, beyond chance: \d+ of \d+ uses succeeded since \(at most \d+ %\), 90 of 100 before/,
    );
    expect(since.uses).toBeLessThanOrEqual(50);
    expect(here.registry.resolve('a/find').description).toBeUndefined();
    expect(here.registry.snapshot.version).toBeGreaterThan(version);
    expect(here.health()).toMatchObject({ ok: true, detail: { reverted: 1, measuring: 0 } });
    // It rests, and is not proposed again.
    expect(await here.evolution.propose()).toEqual([]);
  });

  test('is kept after enough uses where it does none, and stays', async () => {
    const here = await openEvolution({ config: { measure: { keepUses: 50 } } });
    const { id } = await applied(here);
    for (let at = 0; at < 60; at++) here.call('a/find', at % 10 > 0);
    expect(await stateOf(here, id)).toMatchObject({ state: 'measuring', since: { uses: 60, successes: 54 } });
    await here.evolution.propose();
    expect(await stateOf(here, id)).toMatchObject({ state: 'kept', since: { uses: 60, successes: 54 } });
    here.calls('a/find', 60, 0);
    await here.evolution.propose();
    expect(await stateOf(here, id)).toMatchObject({ state: 'kept' });
    expect(here.registry.resolve('a/find').description).toContain('Reliable');
  });

  test('is compared with the newest uses, not with those of long ago', async () => {
    const here = await openEvolution({ config: { measure: { baselineUses: 100 } } });
    here.server('a', ['find']);
    here.calls('a/find', 1000, 100);
    await here.evolution.propose();
    here.calls('a/find', 120, 118);
    await here.evolution.propose();
    await here.run('retail', repeated(40, ['a/find', true]));
    here.calls('a/find', 30, 30);
    await here.evolution.propose();
    const proposal = (await here.evolution.proposals({ state: 'waiting', kind: 'scenario' }))[0]!;
    const { baseline } = await here.evolution.apply(proposal.id);
    expect(baseline).toEqual({ uses: 150, successes: 148 });
  });

  test('calls that were called off count neither way', async () => {
    const here = await openEvolution();
    const { id } = await applied(here);
    for (let at = 0; at < 30; at++)
      here.registry.observe({ tool: 'a/find', durationMs: 1, outcome: 'cancelled', resultBytes: 0 });
    expect((await stateOf(here, id)).since).toEqual({ uses: 0, successes: 0 });
  });
});

/** The same numbers on every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Judged after each use from the fifth on, as often as anybody could look. */
function simulated(random: () => number, before: number, uses: number, after: number, most: number) {
  let successes = 0;
  for (let at = 0; at < uses; at++) if (random() < before) successes++;
  const since = { uses: 0, successes: 0 };
  while (since.uses < most) {
    since.uses++;
    if (random() < after) since.successes++;
    const found = verdict({ uses, successes }, since, 200);
    if (found !== 'open') return { found, uses: since.uses };
  }
  return { found: 'open', uses: most } as const;
}

describe('the verdict', () => {
  test('a harmful change (0.9 to 0.4) is found within 50 uses in at least 99 of 100 cases', () => {
    const random = generator(1);
    const found = Array.from({ length: 300 }, () => simulated(random, 0.9, 100, 0.4, 50));
    expect(found.filter((each) => each.found === 'worse').length).toBeGreaterThanOrEqual(297);
  });

  test('a change without effect is taken back in at most 5 of 100 cases, and kept after enough uses', () => {
    const random = generator(2);
    for (const [share, uses] of [
      [0.9, 100],
      [0.5, 40],
    ] as const) {
      const found = Array.from({ length: 60 }, () => simulated(random, share, uses, share, 1_000));
      expect(found.filter((each) => each.found === 'worse').length).toBeLessThanOrEqual(3);
      expect(found.filter((each) => each.found === 'fine').length).toBeGreaterThanOrEqual(57);
    }
  }, 60_000);

  test('more successes never make it worse, and a better tool is never taken back', () => {
    const counted = fc
      .integer({ min: 20, max: 2_000 })
      .chain((uses) => fc.integer({ min: 0, max: uses }).map((successes) => ({ uses, successes })));
    const rank = { worse: 0, open: 1, fine: 2 };
    fc.assert(
      fc.property(counted, counted, (baseline, since) => {
        const here = verdict(baseline, since, 200);
        if (since.successes < since.uses) {
          const better = verdict(baseline, { uses: since.uses, successes: since.successes + 1 }, 200);
          expect(rank[better]).toBeGreaterThanOrEqual(rank[here]);
        }
        if (since.successes / since.uses >= baseline.successes / baseline.uses) expect(here).not.toBe('worse');
      }),
      { numRuns: 200 },
    );
  });

  test("Wilson's bounds hold the share between them, and narrow with more uses", () => {
    expect(atLeast({ uses: 1, successes: 1 })).toBeCloseTo(0.2065, 3);
    expect(atLeast({ uses: 100, successes: 95 })).toBeCloseTo(0.8882, 3);
    expect(atLeast({ uses: 0, successes: 0 })).toBe(0);
    expect(atMost({ uses: 0, successes: 0 })).toBe(1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (uses, share) => {
        const successes = Math.round(uses * share);
        const here = { uses, successes };
        expect(atLeast(here)).toBeLessThanOrEqual(successes / uses);
        expect(atMost(here)).toBeGreaterThanOrEqual(successes / uses);
        const more = { uses: uses * 10, successes: successes * 10 };
        expect(atMost(more) - atLeast(more)).toBeLessThan(atMost(here) - atLeast(here));
      }),
    );
  });
});
