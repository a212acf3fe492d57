import type { Ask, EvolveStrategy, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { briefOf } from './brief.ts';
import { harder, hardest } from './complexity.ts';
import type { StrategiesConfig } from './config.ts';
import { isChinese } from './plain-text.ts';
import type { PromptedModel } from './prompted-model.ts';
import { checkedTask, knownTools, taskSchema } from './task-answer.ts';
import { taskBrief } from './task-brief.ts';
import { phrases } from './words/phrases.ts';

const MOST_CRITERIA = 12;

/** A task that asks for two tasks of one domain at once: joined by a model, or set side by side. */
export class WidthEvolution implements EvolveStrategy {
  readonly #model: PromptedModel;
  readonly #config: StrategiesConfig;

  constructor(model: PromptedModel, config: StrategiesConfig) {
    this.#model = model;
    this.#config = config;
  }

  readonly joins = 1;

  get recipe(): string {
    return this.#model.recipe;
  }

  async evolve(
    of: SeedEvidence & { readonly parent: SeedDraft; readonly near: readonly SeedDraft[] },
    ask: Ask,
  ): Promise<SeedDraft | undefined> {
    const { parent, near } = of;
    const { seedCharacters, maxSteps } = this.#config;
    const other = near.find((each) => joins(parent, each) && parent.max_steps + each.max_steps <= maxSteps);
    if (other === undefined) return undefined;
    const joined = {
      task_type: parent.task_type,
      domain: parent.domain,
      max_steps: parent.max_steps + other.max_steps,
      complexity: harder(hardest(parent.complexity, other.complexity)),
    };
    const tools = [...new Set([...parent.expected_tools, ...other.expected_tools])];
    if (!this.#model.isThere) {
      const say = phrases(isChinese(parent.description));
      const description = say.both([parent.description, other.description]);
      if (description.length > seedCharacters * 2) return undefined;
      return {
        ...joined,
        description,
        expected_tools: tools,
        constraints: [...new Set([...parent.constraints, ...other.constraints])],
        success_criteria: [
          ...[parent, other].flatMap(({ success_criteria }, index) =>
            success_criteria.map((criterion) => say.eachDone(index + 1, criterion)),
          ),
          say.keepsBoth,
        ].slice(0, MOST_CRITERIA),
      };
    }
    const brief = briefOf(of);
    const known = knownTools(of, tools);
    const answer = await ask({
      ...this.#model.prompt,
      user: taskBrief(of, brief, known, this.#config, [parent, other]),
      name: 'wider_task',
      schema: taskSchema,
      maxOutputTokens: 2000,
    });
    const task = checkedTask(answer, of, brief, known, seedCharacters * 2, [
      parent.description,
      other.description,
      ...parent.constraints,
      ...other.constraints,
    ]);
    // Both are in it, whatever the model thinks of the tools.
    return { ...joined, ...task, expected_tools: tools };
  }
}

/** Two tasks of one domain that are not the same one. */
const joins = (one: SeedDraft, other: SeedDraft): boolean =>
  one.domain === other.domain &&
  one.description !== other.description &&
  isChinese(one.description) === isChinese(other.description);
