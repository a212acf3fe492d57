import { fault } from '#kernel';
import type { SeedDraft, SeedEvidence, SeedStrategy } from '#plugins/synthesizer/api';
import { briefOf } from './brief.ts';
import { criteriaOf } from './criteria.ts';
import { summaryOf, taskOf } from './describe.ts';
import { stepBound } from './step-bound.ts';
import { toolsForTask, usesOf } from './uses.ts';

export interface SeedLimits {
  readonly longest: number;
  readonly summary: number;
  readonly steps: number;
}

/** The task of a run put as a task for any agent, without a model: an instruction, what has to be known, and how success is seen. */
export class VariationSeed implements SeedStrategy {
  readonly #limits: SeedLimits;

  constructor(limits: SeedLimits) {
    this.#limits = limits;
  }

  get recipe(): string {
    return JSON.stringify(this.#limits);
  }

  async seed(of: SeedEvidence): Promise<SeedDraft> {
    const { longest, summary, steps } = this.#limits;
    const { essence } = of;
    const brief = briefOf(of);
    const uses = usesOf(of.steps);
    if (brief.turns.every(({ text }) => text.trim() === ''))
      throw fault('SEED_UNUSABLE', 'the record holds no request, so there is no task to make of it', {
        kind: 'invalid',
      });
    // A model that described the task has put it better than the user did.
    const retold = essence.description !== summaryOf(brief, summary) && essence.description !== '';
    return {
      task_type: essence.task_type,
      domain: essence.domain,
      description: taskOf(brief, longest, retold && brief.whole === undefined ? essence.description : undefined),
      expected_tools: toolsForTask(uses),
      constraints: brief.conditions,
      success_criteria: criteriaOf(of, brief, uses),
      max_steps: stepBound(of, steps),
      complexity: essence.complexity,
    };
  }
}
