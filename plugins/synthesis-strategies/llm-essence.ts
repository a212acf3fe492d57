import { z } from 'zod';
import type { Ask, EssenceDraft, EssenceStrategy, RunEvidence } from '#plugins/synthesizer/api';
import type { StrategiesConfig } from './config.ts';
import { digestOf } from './digest.ts';
import { Grounding } from './grounding.ts';
import { clip, oneLine } from './plain-text.ts';
import type { PromptedModel } from './prompted-model.ts';
import { structuralEssence } from './structural.ts';
import { effectiveTools, usesOf } from './uses.ts';

const answerSchema = z.object({
  task_type: z.string().max(200).describe('one or two words, lower case'),
  domain: z.string().max(200).describe('one or two words, lower case'),
  description: z.string().max(8000).describe('one to three sentences'),
  complexity: z.enum(['low', 'medium', 'high']),
  key_features: z.array(z.string().max(500)).max(30).default([]).describe('three to six short phrases'),
});

const MOST_FEATURES = 8;
const LONGEST_FEATURE = 80;

/**
 * A model says what a run was about. What can be counted (the tools) is never asked; the rest is checked against the run, and
 * where an answer says what only a tool's result can have told it, the structural value stands in its place.
 */
export class LlmEssence implements EssenceStrategy {
  readonly #model: PromptedModel;
  readonly #config: StrategiesConfig;

  constructor(model: PromptedModel, config: StrategiesConfig) {
    this.#model = model;
    this.#config = config;
  }

  get recipe(): string {
    return this.#model.recipe;
  }

  get lacks(): string | undefined {
    return this.#model.lacks('essence strategy llm');
  }

  async essence(of: RunEvidence, ask: Ask): Promise<EssenceDraft> {
    const answer = await ask({
      ...this.#model.prompt,
      user: digestOf(of, this.#config.digest),
      name: 'task_essence',
      schema: answerSchema,
      maxOutputTokens: 700,
    });
    const longest = this.#config.essenceCharacters;
    const structural = new StructuralValues(of, longest);
    const grounding = new Grounding(of, () => structural.said, this.#config.digest.resultCharacters);
    const description = clip(oneLine(grounding.text(answer.description)), longest);
    const features = grounding.texts(answer.key_features, MOST_FEATURES, LONGEST_FEATURE);
    return {
      task_type: grounding.label(answer.task_type) ?? structural.values.task_type,
      domain: grounding.label(answer.domain) ?? structural.values.domain,
      description: description.length < 10 ? structural.values.description : description,
      complexity: grounding.suspicious ? structural.values.complexity : answer.complexity,
      key_features: features.length > 0 ? features : structural.values.key_features,
      tools: effectiveTools(usesOf(of.steps)),
    };
  }
}

/** What code makes of the run, made where an answer needs it: most need nothing of it. */
class StructuralValues {
  readonly #of: RunEvidence;
  readonly #longest: number;
  #values: EssenceDraft | undefined;

  constructor(of: RunEvidence, longest: number) {
    this.#of = of;
    this.#longest = longest;
  }

  get values(): EssenceDraft {
    this.#values ??= structuralEssence(this.#of, this.#longest);
    return this.#values;
  }

  /** Words that an answer may have of it. */
  get said(): readonly string[] {
    const { task_type, domain, key_features } = this.values;
    return [task_type, domain, ...key_features];
  }
}
