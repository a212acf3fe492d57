import type { SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { failed, passed, unverified, type Verdict } from './verdict.ts';

/** A run that took long says that its length is real: so many times as long bounds something still. */
const ROOM = 4;

/** The task can be done within its bound as far as the runs tell, and the bound bounds something. */
export class StepBoundCheck implements SeedCheck {
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async check({ max_steps, expected_tools }: SeedDraft, { shortestSuccess, run }: SeedEvidence): Promise<Verdict> {
    if (!Number.isInteger(max_steps) || max_steps < 1) return failed(`max_steps is ${max_steps}; it must be 1 or more`);
    const needed = shortestSuccess ?? (run.outcome.success === true ? run.counts.steps : undefined);
    if (needed !== undefined && max_steps < needed)
      return failed(`max_steps is ${max_steps}, but the shortest run that succeeded took ${needed} steps`);
    const tools = new Set(expected_tools).size;
    if (max_steps < tools) return failed(`max_steps is ${max_steps}, but ${tools} tools are expected`);
    const most = Math.max(this.#most, (needed ?? run.counts.steps) * ROOM);
    if (max_steps > most) return failed(`max_steps is ${max_steps}; more than ${most} bounds nothing`);
    return needed === undefined ? unverified('no run of this task is known to have succeeded') : passed;
  }
}
