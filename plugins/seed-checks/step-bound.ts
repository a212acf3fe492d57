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

  async check({ max_steps, expected_tools }: SeedDraft, { shortestSuccess, steps }: SeedEvidence): Promise<Verdict> {
    if (!Number.isInteger(max_steps) || max_steps < 1) return failed(`max_steps is ${max_steps}; it must be 1 or more`);
    if (shortestSuccess !== undefined && max_steps < shortestSuccess)
      return failed(`max_steps is ${max_steps}, but the shortest run that succeeded took ${shortestSuccess} steps`);
    if (max_steps < new Set(expected_tools).size)
      return failed(`max_steps is ${max_steps}, but ${expected_tools.length} tools are expected`);
    const most = Math.max(this.#most, (shortestSuccess ?? steps.length) * ROOM);
    if (max_steps > most) return failed(`max_steps is ${max_steps}; more than ${most} bounds nothing`);
    return shortestSuccess === undefined ? unverified('no run of this task is known to have succeeded') : passed;
  }
}
