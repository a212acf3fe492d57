import { z } from 'zod';
import { fault } from '#kernel';
import type { SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { Brief } from './brief.ts';
import { conditionsIn, proseOf } from './conditions.ts';
import { criteriaOf } from './criteria.ts';
import { Grounding } from './grounding.ts';
import { clip } from './plain-text.ts';
import { bareName, toolsForTask, usesOf } from './uses.ts';

/** What a model says of a task that it made. */
export const taskSchema = z.object({
  description: z.string().max(20_000).describe('the task as an agent gets it'),
  constraints: z.array(z.string().max(1000)).max(40).default([]),
  success_criteria: z.array(z.string().max(1000)).max(40).default([]),
  expected_tools: z.array(z.string().max(300)).max(100).default([]).describe('from the list `tools` only'),
});
export type TaskAnswer = z.output<typeof taskSchema>;

const MOST = 8;
const LONGEST = 300;

/** Tools that there are: those that the run used, and those that its record defines. */
export function knownTools({ run, steps }: SeedEvidence, others: readonly string[] = []): string[] {
  const defined = (run.toolDefinitions ?? []).map(({ server, name }) =>
    server === undefined ? name : `${server}/${name}`,
  );
  return [...new Set([...toolsForTask(usesOf(steps)), ...others, ...defined])];
}

/** Names as the registry has them, of the tools that there are; a model may leave out the server or change the case. */
export function amongKnown(named: readonly string[], known: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const tool of known)
    for (const name of [bareName(tool), tool])
      if (!byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), tool);
  return [...new Set(named.flatMap((name) => byName.get(name.trim().toLowerCase().replaceAll('`', '')) ?? []))];
}

type Checked = Pick<SeedDraft, 'description' | 'constraints' | 'success_criteria' | 'expected_tools'>;

/** An answer without what does not belong into a task. Fault SEED_UNUSABLE where no task is left of it. */
export function checkedTask(
  answer: TaskAnswer,
  of: SeedEvidence,
  brief: Brief,
  known: readonly string[],
  longest: number,
  trusted: readonly string[] = [],
): Checked {
  const { essence } = of;
  const grounding = new Grounding(
    of,
    () => [essence.description, essence.task_type, essence.domain, ...essence.key_features, ...trusted],
    0,
  );
  const description = clip(grounding.text(answer.description), longest);
  if (description.length < 20)
    throw fault('SEED_UNUSABLE', 'the model made a task of which nothing is left without what only tools had told', {
      kind: 'invalid',
      hint: 'use a stronger model, or the seed strategy variation',
    });
  const constraints = grounding.texts(answer.constraints, MOST, LONGEST);
  const criteria = grounding.texts(answer.success_criteria, MOST, LONGEST);
  const tools = amongKnown(answer.expected_tools, known);
  return {
    description,
    constraints: constraints.length > 0 ? constraints : conditionsIn(proseOf(description)),
    success_criteria:
      criteria.length > 0
        ? criteria
        : criteriaOf(of, { ...brief, whole: description, conditions: constraints }, usesOf(of.steps)),
    expected_tools: tools.length > 0 ? tools : toolsForTask(usesOf(of.steps)),
  };
}
