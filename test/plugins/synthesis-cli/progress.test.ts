import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Progress } from '#plugins/synthesizer/api';
import { progress, result, run, standIn } from './open-cli.ts';

const telling = (all: readonly Progress[], before?: () => Promise<void>) =>
  standIn({
    once: async (_, { onProgress, onProblem }) => {
      for (const each of all) {
        await before?.();
        onProgress?.(each);
      }
      if (all.length > 1) onProblem?.({ where: 'a', what: 'bad', code: 'RECORD_NOT_JSON' });
      return result;
    },
  }).synthesis;
const after = (done: number): Progress => ({ ...progress, jobs: { ...progress.jobs, done } });
/** After the estimate. */
const rest = (err: string): string => err.slice(err.indexOf('\n') + 1);

test('in a terminal one line is written over, and gone before anything else is said', async () => {
  const { err } = await run(telling([after(3), after(3), after(9)]), ['--once', 'a'], { columns: () => 200 });
  expect(rest(err).split('\r\u001b[K')).toEqual([
    '',
    'essence  [######..................]  3/12 jobs  61 s left  $0.5000  1 bad  7 trajectories (+2 known)  6 calls  4 at a time',
    'essence  [##################......]  9/12 jobs  61 s left  $0.5000  1 bad  7 trajectories (+2 known)  6 calls  4 at a time',
    'RECORD_NOT_JSON: a: bad\n',
  ]);
});

test('the line is gone before the summary, also of a watch', async () => {
  for (const words of [['--once', 'a'], ['a']]) {
    const order: string[] = [];
    const synthesis = standIn({
      once: async (_, { onProgress }) => {
        onProgress?.(progress);
        return result;
      },
      watch: async (_, { onProgress }) => {
        onProgress?.(progress);
        return result;
      },
    }).synthesis;
    await run(synthesis, words, { columns: () => 200, err: (text) => order.push(text) });
    expect(order.at(-1)).toBe('\r\u001b[K');
    expect(order.at(-2)).toContain('6/12 jobs');
  }
});

test.each([20, 40, 60, 80, 100, 120])('it never breaks in a terminal of %i columns', async (columns) => {
  const long = { ...progress, imported: 12_345_678, duplicate: 1_234_567, calls: 9_999_999, usd: 12_345 };
  const { err } = await run(telling([long]), ['--once', 'a'], { columns: () => columns });
  const shown = rest(err).split('\r\u001b[K');
  for (const line of shown) expect([...line].length).toBeLessThan(columns);
  expect(shown[1]).toMatch(/^essence {2}/);
});

test('without a terminal a line from time to time, without a bar', async () => {
  const many = Array.from({ length: 40 }, (_, n) => ({ ...progress, seen: n, imported: n }));
  const { err } = await run(
    telling(many, () => sleep(10)),
    ['--once', 'a'],
    { config: { lineMs: 100 } },
  );
  const lines = rest(err).trimEnd().split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThanOrEqual(1);
  expect(lines.length).toBeLessThan(20);
  for (const mark of ['\r', '\u001b', '[']) expect(err).not.toContain(mark);
  for (const line of lines) expect(line).toMatch(/^essence {2}6\/12 jobs {2}61 s left/);
});

test('a short run says nothing of its progress where there is no terminal', async () => {
  expect(rest((await run(telling([progress]), ['--once', 'a'])).err)).toBe('');
});

test('quiet: not even the estimate', async () => {
  const said = await run(telling([progress]), ['--once', 'a', '--quiet'], { columns: () => 80 });
  expect(said.err).toBe('');
  expect(said.out).toContain('3 seeds kept');
});

test.each([
  [900, '1 s'],
  [89_000, '89 s'],
  [120_000, '2 min'],
  [7_500_000, '2 h 5 min'],
])('%i ms are %s', async (etaMs, said) => {
  const { err } = await run(telling([{ ...progress, etaMs }]), ['--once', 'a'], { columns: () => 200 });
  expect(err).toContain(`  ${said} left  `);
});

test('what is not known or nothing is not told', async () => {
  const { etaMs: _, concurrency: __, ...early } = progress;
  const first = { ...early, calls: 0, usd: 0, quarantined: 0, duplicate: 0, jobs: { done: 0, total: 0, failed: 0 } };
  const { err } = await run(telling([first]), ['--once', 'a'], { columns: () => 200 });
  expect(rest(err)).toBe('\r\u001b[Kessence  7 trajectories\r\u001b[K');
});
