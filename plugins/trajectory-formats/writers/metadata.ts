import type { ImportedRun } from '../api.ts';

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
});
