import { fault } from '#kernel';
import type { NewTask } from './api.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/;

/** Fault TASK_INVALID where it cannot be a task. */
export function checkTask(task: NewTask, maxBytes: number): void {
  const { id, description, maxSteps, maxUsd } = task;
  if (description.trim() === '') throw invalid('the task is empty', 'say what is to be done');
  const bytes = Buffer.byteLength(description);
  if (bytes > maxBytes)
    throw fault('TASK_INVALID', `the task has ${bytes} bytes; ${maxBytes} are allowed`, {
      kind: 'too_large',
      hint: 'put the material into a file and name it, or raise tasks.maxTaskBytes',
    });
  if (description.includes('\0')) throw invalid('the task contains a NUL character');
  if (id !== undefined && !ID.test(id))
    throw invalid(`"${id.slice(0, 100)}" is no id`, 'letters, digits and dashes, at most 100');
  if (maxSteps !== undefined && !(Number.isSafeInteger(maxSteps) && maxSteps >= 1))
    throw invalid('the most steps must be a whole number from 1');
  if (maxUsd !== undefined && !(Number.isFinite(maxUsd) && maxUsd > 0))
    throw invalid('the most US dollars must be a number above 0');
}

/** Fault TASK_INVALID where nobody configured such a profile; `known` is undefined where that cannot be told. */
export function checkProfile(profile: string | undefined, known: readonly string[] | undefined): void {
  if (profile === undefined || known === undefined || known.includes(profile)) return;
  throw fault('TASK_INVALID', `there is no profile "${profile.slice(0, 100)}" of llm`, {
    kind: 'invalid',
    alternatives: known,
    hint: `the profiles are: ${known.join(', ')}`,
  });
}

const invalid = (message: string, hint?: string) =>
  fault('TASK_INVALID', message, { kind: 'invalid', ...(hint !== undefined && { hint }) });
