import { type Token, token } from '#kernel';

/** Durable jobs: what was taken by a worker that died comes back. At least once; make the work idempotent by the job's id. */
export interface Queue {
  /**
   * Durable when it resolves. The same id in the same lane again is the same job, whatever became of it, as long as it is
   * remembered: `added` is false. Faults: JOB_INVALID, JOB_TOO_LARGE.
   */
  add(lane: string, job: NewJob): Promise<{ readonly id: string; readonly added: boolean }>;
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
  readonly concurrency: number;
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
