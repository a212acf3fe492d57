import { z } from 'zod';
import type { Ask, EvolveStrategy, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { briefOf } from './brief.ts';
import { harder } from './complexity.ts';
import type { StrategiesConfig } from './config.ts';
import { outputFiles } from './criteria.ts';
import { isChinese } from './plain-text.ts';
import type { PromptedModel } from './prompted-model.ts';
import { checkedTask, knownTools, taskSchema } from './task-answer.ts';
import { taskBrief } from './task-brief.ts';
import { nameWords, type Use, usesOf } from './uses.ts';
import { FURTHER_STEPS } from './words/further-steps.ts';

type Parent = SeedEvidence & { readonly parent: SeedDraft };

const deeperSchema = taskSchema.extend({
  added_steps: z.number().int().min(1).max(10).catch(2).describe('tool calls that the addition needs'),
});

/** A task that goes one hop further than its parent: a model thinks of it, or a rule by the kind of task and its tools. */
export class DepthEvolution implements EvolveStrategy {
  readonly #model: PromptedModel;
  readonly #config: StrategiesConfig;

  constructor(model: PromptedModel, config: StrategiesConfig) {
    this.#model = model;
    this.#config = config;
  }

  get recipe(): string {
    return this.#model.recipe;
  }

  async evolve(of: Parent, ask: Ask): Promise<SeedDraft | undefined> {
    if (of.parent.max_steps >= this.#config.maxSteps) return undefined;
    return this.#model.isThere ? this.#byModel(of, ask) : this.#byRule(of);
  }

  async #byModel(of: Parent, ask: Ask): Promise<SeedDraft | undefined> {
    const { parent } = of;
    const brief = briefOf(of);
    const known = knownTools(of, parent.expected_tools);
    const answer = await ask({
      ...this.#model.prompt,
      user: taskBrief(of, brief, known, this.#config, [parent]),
      name: 'deeper_task',
      schema: deeperSchema,
      maxOutputTokens: 1500,
    });
    const task = checkedTask(answer, of, brief, known, this.#config.seedCharacters, [parent.description]);
    if (same(task.description, parent.description)) return undefined;
    return grown(
      parent,
      { ...task, expected_tools: [...new Set([...parent.expected_tools, ...task.expected_tools])] },
      answer.added_steps,
    );
  }

  #byRule(of: Parent): SeedDraft | undefined {
    const { parent } = of;
    const uses = usesOf(of.steps);
    const changes = uses.some(({ kind, failed }) => !failed && (kind === 'effect' || kind === 'run'));
    const makesFile = changes && outputFiles(parent.description).length > 0;
    const lookup = lookupFor(of, uses);
    const step = FURTHER_STEPS.find(
      ({ kinds, when, needsLookup }) =>
        (kinds.length === 0 || kinds.includes(parent.task_type)) &&
        (when === 'file' ? makesFile : when === 'effect' ? changes : !changes) &&
        (!needsLookup || lookup !== undefined),
    );
    if (step === undefined || parent.expected_tools.length === 0) return undefined;
    const { ask, criterion } = isChinese(parent.description) ? step.zh : step.en;
    if (parent.description.includes(ask)) return undefined;
    const expected =
      step.needsLookup && lookup !== undefined ? [...parent.expected_tools, lookup] : parent.expected_tools;
    return grown(
      parent,
      {
        description: `${parent.description}\n\n${ask}`,
        constraints: parent.constraints,
        success_criteria: [...parent.success_criteria, criterion],
        expected_tools: [...new Set(expected)],
      },
      step.steps,
    );
  }
}

const same = (one: string, other: string): boolean =>
  one.replace(/\W+/g, '').toLowerCase() === other.replace(/\W+/g, '').toLowerCase() && /\w/.test(one);

function grown(
  parent: SeedDraft,
  task: Pick<SeedDraft, 'description' | 'constraints' | 'success_criteria' | 'expected_tools'>,
  steps: number,
): SeedDraft {
  const added = task.expected_tools.length - parent.expected_tools.length;
  return {
    ...parent,
    ...task,
    max_steps: parent.max_steps + Math.max(steps, added) + 1,
    complexity: harder(parent.complexity),
  };
}

/** The looking tool that is nearest to what was changed, by the words in the names. */
function lookupFor(of: Parent, uses: readonly Use[]): string | undefined {
  const changed = new Set(uses.filter(({ kind }) => kind === 'effect').flatMap(({ step }) => nameWords(step.tool)));
  const used = uses.filter(({ kind, failed }) => kind === 'lookup' && !failed).map(({ step }) => step.tool);
  const defined = (of.run.toolDefinitions ?? [])
    .map(({ server, name }) => (server === undefined ? name : `${server}/${name}`))
    .filter((tool) => /(?:^|[_/-])(?:get|read|list|show|view|check|find)/i.test(tool));
  const near = (tool: string): number => nameWords(tool).filter((word) => changed.has(word)).length;
  return [...new Set([...used, ...defined])]
    .map((tool) => ({ tool, near: near(tool) }))
    .sort((one, other) => other.near - one.near)[0]?.tool;
}
