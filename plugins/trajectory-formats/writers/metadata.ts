import type { ImportedRun } from '../api.ts';
import { functionName } from './function-name.ts';

/** What a reader of an export may know of a run beside its messages. `reference` is not in it: it must not reach a prompt. */
export const metadataOf = (run: ImportedRun): Readonly<Record<string, unknown>> => ({
  id: run.id,
  key: run.key,
  format: run.format,
  task: run.task,
  agent: run.agent,
  model: run.model,
  started_at: run.startedAt === undefined ? undefined : new Date(run.startedAt).toISOString(),
  request: run.request,
  success: run.outcome.success,
  score: run.outcome.score,
  evidence: run.outcome.evidence,
  license: run.license,
  tools: toolsBehind(run),
});

type Tool = Readonly<Record<string, string | boolean>>;

/** Whose tools the functions of the export are, where their names do not say it. A command of the shell names its tool itself. */
function toolsBehind({ messages }: ImportedRun): Readonly<Record<string, Tool>> | undefined {
  const tools = new Map<string, Tool>();
  for (const { calls, demo } of messages)
    for (const { tool, lookup } of (!demo && calls) || []) {
      const called = functionName(tool);
      const { server, name, via } = tool;
      if (tools.has(called) || (called === name && via === undefined && !lookup)) continue;
      tools.set(called, {
        ...(via !== 'shell' && { name }),
        ...(server !== undefined && { server }),
        ...(via !== undefined && { via }),
        ...(lookup && { lookup }),
      });
    }
  return tools.size > 0 ? Object.fromEntries(tools) : undefined;
}
