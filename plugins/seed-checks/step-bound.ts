import type { SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { failed, passed, type Verdict } from './verdict.ts';

/** The task can be done within its bound as far as the runs tell, and the bound bounds something. */
export class StepBoundCheck implements SeedCheck {
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async check(seed: SeedDraft, { shortestSuccess }: SeedEvidence): Promise<Verdict> {
    const { max_steps, expected_tools } = seed;
    if (!Number.isInteger(max_steps) || max_steps < 1) return failed(`max_steps is ${max_steps}; it must be 1 or more`);
    if (shortestSuccess !== undefined && max_steps < shortestSuccess)
      return failed(`max_steps is ${max_steps}, but the shortest run that succeeded took ${shortestSuccess} steps`);
    if (max_steps < expected_tools.length)
      return failed(`max_steps is ${max_steps}, but ${expected_tools.length} tools are expected`);
    // A run that took longer says that the length is real.
    const most = Math.max(this.#most, (shortestSuccess ?? 0) * 4);
    if (max_steps > most) return failed(`max_steps is ${max_steps}; more than ${most} bounds nothing`);
    return passed;
  }
}
