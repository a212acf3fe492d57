import type { Row } from '#plugins/storage/api';
import type { JobState, QueuedJob } from './api.ts';
import type { TakenJob } from './job-store.ts';

export interface JobRow extends Row {
  readonly lane: string;
  readonly id: string;
  readonly payload: string;
  readonly state: JobState;
  readonly priority: number;
  readonly place: number;
  readonly token: string | null;
  readonly cancelling: number;
  readonly attempts: number;
  readonly failures: number;
  readonly lost: number;
  readonly error: string | null;
  readonly added_at: number;
}

export const COLUMNS =
  'lane, id, payload, state, priority, place, token, cancelling, attempts, failures, lost, error, added_at';

/** The order in which they are worked. */
export const byTurn = (a: JobRow, b: JobRow): number => b.priority - a.priority || a.place - b.place;

export const queuedJob = (row: JobRow): QueuedJob => ({
  id: row.id,
  lane: row.lane,
  payload: JSON.parse(row.payload),
  state: row.state,
  attempts: Number(row.attempts),
  ...(row.error !== null && { error: row.error }),
  addedAt: Number(row.added_at),
});

export const takenJob = (row: JobRow, token: string): TakenJob => ({
  job: queuedJob(row),
  token,
  failures: Number(row.failures),
  lost: Number(row.lost),
  isCancelled: row.cancelling === 1,
});

/** `rows` times the same group, as VALUES and IN want it. */
export const repeated = (group: string, rows: number): string => Array<string>(rows).fill(group).join(', ');

/** Statements are few and are prepared once: lists go in pieces, whose length is a power of two but for the last ones. */
export function* pieces<T>(list: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; ) {
    const left = list.length - at;
    const size = left >= most ? most : 2 ** Math.floor(Math.log2(left));
    yield list.slice(at, at + size);
    at += size;
  }
}
