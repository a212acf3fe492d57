import { type Token, token } from '#kernel';

/** Durable jobs: what was taken by a worker that died comes back. At least once; make the work idempotent by the job's id. */
export interface Queue {
  /**
   * Durable when it resolves. The same id in the same lane again is the same job, whatever became of it, as long as it is
   * remembered: `added` is false. Faults: JOB_INVALID, JOB_TOO_LARGE.
   */
  add(lane: string, job: NewJob): Promise<{ readonly id: string; readonly added: boolean }>;
  /** Many at once, in one or few writes; how many were new. Durable when it resolves. Faults as for `add`; then none was added. */
  addMany(lane: string, jobs: readonly NewJob[]): Promise<number>;
  /**
   * Works jobs of a lane, at most `concurrency` at once, until the undo is called (which waits for those at work). The lease
   * is renewed while the work goes on. What it throws fails the job: tried again after a growing pause up to `attempts`, then
   * it is `failed`; a thrown RETRY_LATER is tried again (after its `data.afterMs`) and counts no attempt.
   * The signal's reason is a fault: JOB_CANCELLED, JOB_LEASE_LOST (another may have it now: apply nothing more), or
   * QUEUE_STOPPING (what is thrown then gives the job back as it was).
   */
  work(
    lane: string,
    options: WorkOptions,
    work: (job: QueuedJob, signal: AbortSignal) => Promise<void>,
  ): () => Promise<void>;
  /** Ends a job that waits, or aborts the signal of one at work in any process; false: it is over, or unknown. */
  cancel(lane: string, id: string): Promise<boolean>;
  get(lane: string, id: string): Promise<QueuedJob | undefined>;
  counts(lane: string): Promise<Readonly<Record<JobState, number>>>;
  /** No process takes further jobs of the lane until `resume`; those at work go on. Durable. */
  pause(lane: string): Promise<void>;
  resume(lane: string): Promise<void>;
  paused(lane: string): Promise<boolean>;
  /** The dead letters: jobs that failed for good, newest first; at most `limit` (default 100). */
  failed(lane: string, limit?: number): Promise<readonly QueuedJob[]>;
  /** Puts failed jobs back, with their attempts counted anew: one by its id, or all. How many. */
  retry(lane: string, id?: string): Promise<number>;
}
export interface NewJob {
  /** At most 200 characters. */
  readonly id: string;
  /** Plain JSON. */
  readonly payload: unknown;
  /** Higher first, a whole number; default 0. */
  readonly priority?: number;
  /** Not before (ms since 1970). */
  readonly notBefore?: number;
}
export interface WorkOptions {
  /** At most so many at once in this process. */
  readonly concurrency: number;
  /**
   * Finds by itself how many at once the other side takes: a job that throws RETRY_LATER with `data.overloaded: true` lowers
   * the number, jobs that end well raise it slowly, and a ceiling that was met is tried again ever more rarely (additive
   * increase, multiplicative decrease). Told of each change.
   */
  readonly adapt?: { readonly onChange?: (concurrency: number) => void };
}
export type JobState = 'waiting' | 'active' | 'done' | 'failed' | 'cancelled';
export interface QueuedJob {
  readonly id: string;
  readonly lane: string;
  readonly payload: unknown;
  readonly state: JobState;
  /** How often it was begun. */
  readonly attempts: number;
  readonly error?: string;
  readonly addedAt: number;
}

export const QUEUE: Token<Queue> = token<Queue>('queue');
