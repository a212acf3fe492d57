import type { SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { Brief } from './brief.ts';
import type { StrategiesConfig } from './config.ts';
import { taskOf } from './describe.ts';
import { argumentsExcerpt } from './excerpts.ts';
import { fenced } from './fence.ts';
import { oneLine } from './plain-text.ts';
import { disarmed } from './steering.ts';
import { usesOf } from './uses.ts';

const MOST_TOOLS = 40;

/** What a model needs to make a task from another: what it was about, the old task, the tools and how they were called. No results. */
export function taskBrief(
  of: SeedEvidence,
  brief: Brief,
  known: readonly string[],
  { digest }: StrategiesConfig,
  tasks: readonly SeedDraft[] = [],
): string {
  const { essence, difficulty } = of;
  const lines = [
    `kind: ${essence.task_type}, ${essence.domain}, complexity ${essence.complexity}`,
    `about: ${oneLine(essence.description)}`,
    ...(tasks.length === 0
      ? [`old task:\n${taskOf(brief, digest.requestCharacters)}`]
      : tasks.map(
          (task, index) =>
            `${tasks.length > 1 ? `task ${index + 1}` : 'old task'}:\n${task.description.slice(0, digest.requestCharacters)}`,
        )),
    ...(tasks.length === 0 ? [] : [`constraints: ${tasks.flatMap(({ constraints }) => constraints).join('; ')}`]),
    ...(difficulty.pass_rate === undefined
      ? []
      : [`of ${difficulty.judged} judged runs ${difficulty.successes} succeeded`]),
    'tools:',
    ...toolLines(of, known, digest.argumentCharacters),
  ];
  return fenced(of.run.id, lines.join('\n').slice(0, digest.characters));
}

/** Each tool with a call that worked, or what its definition says. */
function toolLines(of: SeedEvidence, known: readonly string[], most: number): string[] {
  const calls = new Map(
    usesOf(of.steps).flatMap(({ step, failed }) => (failed ? [] : [[step.tool, step.args] as const])),
  );
  const said = new Map(
    (of.run.toolDefinitions ?? []).map(({ server, name, description = '' }) => [
      server === undefined ? name : `${server}/${name}`,
      description,
    ]),
  );
  return known.slice(0, MOST_TOOLS).map((tool) => {
    const args = calls.get(tool);
    const about =
      args === undefined
        ? disarmed(oneLine(said.get(tool) ?? '').slice(0, most))
        : `for example ${argumentsExcerpt(args, most)}`;
    return `- ${tool}${about === '' ? '' : `: ${about}`}`;
  });
}
