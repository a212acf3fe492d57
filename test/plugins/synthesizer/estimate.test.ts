import { expect, test } from 'vitest';
import { tasksAmong } from '../../../plugins/synthesizer/estimate.ts';

test('tasks that a sample does not show are expected from those that it shows once', () => {
  const trials = (tasks: number, of: number): string[] =>
    Array.from({ length: tasks * of }, (_, n) => `task ${n % tasks}`);
  // Everything was sampled.
  expect(tasksAmong(trials(30, 4), 120)).toBe(30);
  // Each was seen often: there are no others.
  expect(tasksAmong(trials(30, 10), 10_000)).toBe(30);
  // All are different: so will the others be.
  expect(tasksAmong(trials(400, 1), 10_000)).toBeGreaterThan(9_000);
  expect(tasksAmong(trials(400, 1), 10_000)).toBeLessThanOrEqual(10_000);
  // A hundred tasks, of which 150 runs show most.
  const drawn = Array.from({ length: 150 }, (_, n) => `task ${(n * n * 31 + n * 17) % 101}`);
  const expected = tasksAmong(drawn, 5_000);
  expect(expected).toBeGreaterThan(new Set(drawn).size - 1);
  expect(expected).toBeLessThan(160);
  expect(tasksAmong([], 0)).toBe(0);
});
