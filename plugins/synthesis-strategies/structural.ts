import type { EssenceDraft, EssenceStrategy, RunEvidence } from '#plugins/synthesizer/api';
import { briefOf } from './brief.ts';
import { domainOf, taskTypeOf } from './classify.ts';
import { complexityOf } from './complexity.ts';
import { summaryOf } from './describe.ts';
import { featuresOf } from './features.ts';
import { effectiveTools, usesOf } from './uses.ts';

/** What a run says about its task by itself, without a model: from the user's words, the tools, and what came of them. */
export class StructuralEssence implements EssenceStrategy {
  readonly #longest: number;

  constructor(longest: number) {
    this.#longest = longest;
  }

  get recipe(): string {
    return String(this.#longest);
  }

  async essence(of: RunEvidence): Promise<EssenceDraft> {
    return structuralEssence(of, this.#longest);
  }
}

const NO_REQUEST = '(The record holds no request.)';

export function structuralEssence(of: RunEvidence, longest: number): EssenceDraft {
  const brief = briefOf(of);
  const uses = usesOf(of.steps);
  const system = of.run.messages.find(({ role }) => role === 'system')?.text ?? '';
  return {
    task_type: taskTypeOf(brief, uses),
    domain: domainOf(brief, uses, system),
    description: summaryOf(brief, longest) || NO_REQUEST,
    complexity: complexityOf(uses, brief.asked.length),
    key_features: featuresOf(of, brief, uses),
    tools: effectiveTools(uses),
  };
}
