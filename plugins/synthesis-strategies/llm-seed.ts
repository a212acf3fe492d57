import type { Ask, SeedDraft, SeedEvidence, SeedStrategy } from '#plugins/synthesizer/api';
import { briefOf } from './brief.ts';
import type { StrategiesConfig } from './config.ts';
import type { PromptedModel } from './prompted-model.ts';
import { stepBound } from './step-bound.ts';
import { checkedTask, knownTools, taskSchema } from './task-answer.ts';
import { taskBrief } from './task-brief.ts';

/** A model makes another task of the same kind. Kind, tools that exist, and the bound of steps are not its to say. */
export class LlmSeed implements SeedStrategy {
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
    return this.#model.lacks('seed strategy llm');
  }

  async seed(of: SeedEvidence, ask: Ask): Promise<SeedDraft> {
    const { seedCharacters, maxSteps } = this.#config;
    const { essence } = of;
    const brief = briefOf(of);
    const known = knownTools(of);
    const answer = await ask({
      ...this.#model.prompt,
      user: taskBrief(of, brief, known, this.#config),
      name: 'seed_task',
      schema: taskSchema,
      maxOutputTokens: 1200,
    });
    const task = checkedTask(answer, of, brief, known, seedCharacters);
    const added = task.expected_tools.filter((tool) => !essence.tools.includes(tool)).length;
    return {
      task_type: essence.task_type,
      domain: essence.domain,
      ...task,
      max_steps: stepBound(of, maxSteps, added),
      complexity: essence.complexity,
    };
  }
}
