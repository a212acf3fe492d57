import type { TaskFacts } from '#plugins/task-similarity/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { toolName } from './evidence.ts';

/** Deeper values of arguments say little about the task. */
const DEEPEST = 4;

/** What a run says about its task: never its labels, which are for checking. */
export function taskFacts(run: ImportedRun): TaskFacts {
  const own = run.messages.filter(({ demo }) => demo !== true);
  const calls = own.flatMap((message) => message.calls ?? []).filter(({ lookup }) => lookup !== true);
  const argumentValues: string[] = [];
  for (const { args } of calls) collect(args, argumentValues, DEEPEST);
  return {
    id: run.id,
    request: run.request,
    turns: own.filter(({ role }) => role === 'user').map(({ text }) => text),
    argumentValues,
    tools: calls.map(toolName),
  };
}

function collect(value: unknown, into: string[], depth: number): void {
  if (typeof value === 'string') into.push(value);
  else if (typeof value === 'number') into.push(String(value));
  else if (typeof value === 'object' && value !== null && depth > 0)
    for (const each of Object.values(value)) collect(each, into, depth - 1);
}
