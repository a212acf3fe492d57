import type { SeedEvidence } from '#plugins/synthesizer/api';

/** Room above what a good run needed: half as much again, and two. */
const SLACK = 1.5;
const EXTRA = 2;

/** How many steps an agent may take: never less than the shortest run that succeeded, whatever the limit says. */
export function stepBound({ shortestSuccess, run, steps }: SeedEvidence, most: number, added = 0): number {
  const needed = Math.max(1, shortestSuccess ?? Math.max(run.counts.steps, steps.length)) + added;
  return Math.max(needed, Math.min(most, Math.ceil(needed * SLACK) + EXTRA));
}
