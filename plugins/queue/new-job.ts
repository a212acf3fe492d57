import { fault } from '#kernel';
import type { NewJob } from './api.ts';
import type { StoredJob } from './job-store.ts';

const LONGEST_NAME = 200;

/** Refuses what cannot be kept: JOB_INVALID, JOB_TOO_LARGE. */
export function checkJob({ id, payload, priority = 0, notBefore }: NewJob, maxPayloadBytes: number): StoredJob {
  checkName('the id of a job', id);
  if (!Number.isSafeInteger(priority)) throw invalid('priority must be a whole number');
  if (notBefore !== undefined && !Number.isSafeInteger(notBefore)) throw invalid('notBefore must be milliseconds');
  const text = JSON.stringify(payload) ?? 'null';
  if (Buffer.byteLength(text) > maxPayloadBytes)
    throw fault('JOB_TOO_LARGE', `the payload of job "${id}" is larger than ${maxPayloadBytes} bytes`, {
      kind: 'too_large',
      hint: 'store it elsewhere and name it, or raise queue.maxPayloadBytes',
    });
  return { id, payload: text, priority, dueAt: notBefore ?? Date.now() };
}

/** The first of each id, as if they were added one after another. */
export function checkJobs(jobs: readonly NewJob[], maxPayloadBytes: number): StoredJob[] {
  const checked = new Map<string, StoredJob>();
  for (const job of jobs) {
    const stored = checkJob(job, maxPayloadBytes);
    if (!checked.has(stored.id)) checked.set(stored.id, stored);
  }
  return [...checked.values()];
}

export function checkName(what: string, name: string): void {
  if (name.length === 0 || name.length > LONGEST_NAME || name.includes('\0') || !name.isWellFormed())
    throw invalid(`${what} has 1 to ${LONGEST_NAME} characters, and no NUL or half a character among them`);
}

export const invalid = (message: string) => fault('JOB_INVALID', message, { kind: 'invalid' });
