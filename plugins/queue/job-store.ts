import type { JobState, QueuedJob } from './api.ts';

/** A job as it is to be kept, checked. */
export interface StoredJob {
  readonly id: string;
  /** JSON. */
  readonly payload: string;
  readonly priority: number;
  readonly dueAt: number;
}

/** A job that was taken: it may be changed by whoever has its token. */
export interface TakenJob {
  readonly job: QueuedJob;
  readonly token: string;
  /** How often it threw, and how often its worker died. */
  readonly failures: number;
  readonly lost: number;
  readonly isCancelled: boolean;
}

export type Outcome =
  | { readonly state: 'done' | 'cancelled' }
  | { readonly state: 'failed'; readonly error: string }
  /** Tried again. `isFailure`: it counts towards `attempts` of the configuration. */
  | { readonly state: 'waiting'; readonly dueAt: number; readonly isFailure: boolean; readonly error?: string };

export interface Taking {
  /** Those that were due: where another process took them first, there may be more. */
  readonly seen: number;
  readonly taken: readonly TakenJob[];
  /** When the next one is due, where that is known. */
  readonly nextAt?: number;
}

/** What happened in another process. */
export interface Notices {
  /** There may be something to take. */
  wake(lane: string): void;
  cancelled(lane: string, id: string): void;
}

/** Where jobs are kept. Each operation changes jobs only from the state in which it may: processes need no other lock. */
export interface JobStore {
  open(): Promise<void>;
  close(): Promise<void>;
  /** Why it does not answer. */
  readonly trouble: string | undefined;
  /** How many were new; ids differ. */
  add(lane: string, jobs: readonly StoredJob[]): Promise<number>;
  take(lane: string, most: number): Promise<Taking>;
  /** Those of them that are still held, by `heldKey`, with whether they are to be cancelled. */
  renew(lane: string, held: readonly TakenJob[]): Promise<ReadonlyMap<string, { readonly isCancelled: boolean }>>;
  /** False: it is not ours any more, and nothing was changed. */
  finish(taken: TakenJob, outcome: Outcome): Promise<boolean>;
  /** The state in which it was left: `active` is still to be noticed by its worker. Undefined: over, or unknown. */
  cancel(lane: string, id: string): Promise<JobState | undefined>;
  get(lane: string, id: string): Promise<QueuedJob | undefined>;
  counts(lane: string): Promise<Readonly<Record<JobState, number>>>;
  setPaused(lane: string, isPaused: boolean): Promise<void>;
  paused(lane: string): Promise<boolean>;
  failed(lane: string, limit: number): Promise<readonly QueuedJob[]>;
  retry(lane: string, id: string | undefined): Promise<number>;
  /** Forgets jobs that ended before `oldest`, and of each lane all but the last `keep` that ended. How many. */
  prune(oldest: number, keep: number): Promise<number>;
}

export const heldKey = (id: string, token: string): string => `${token} ${id}`;

const LONGEST_ERROR = 2_000;
/** PostgreSQL stores no NUL, and nobody half a character. */
export const storable = (error: string): string => error.replaceAll('\0', ' ').slice(0, LONGEST_ERROR).toWellFormed();
