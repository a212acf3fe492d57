import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, fault, isFault, type Log, reason } from '#kernel';
import type { Queue, QueuedJob } from '#plugins/queue/api';
import { putFailure } from '../store/failure-table.ts';
import { putSeedFailed } from '../store/seed-table.ts';
import { makeEssence, type StageParts } from './essence-stage.ts';
import { type Job, jobId } from './job.ts';
import type { Recipes } from './recipes.ts';
import { makeSeed } from './seed-stage.ts';

const OVERLOADED_MS = 100;
const MANY = 100;
const COUNT_MS = 1_000;
const MOST_ROUNDS = 10;
const AWAY_MS = 500;
/** What no further try mends: the run ends, and the jobs wait. */
const FATAL = new Set(['BUDGET_REACHED', 'LLM_REFUSED', 'LLM_NOT_CONFIGURED']);

export interface LaneEvents {
  /** After each job that ended, well or not. */
  readonly ended: () => void;
  /** No further job can succeed. */
  readonly fatal: (error: Fault) => void;
  readonly problem: (problem: { readonly where: string; readonly what: string; readonly code: string }) => void;
  readonly concurrency: (now: number) => void;
}

export interface LaneOptions {
  readonly lane: string;
  readonly giveUpAfter: number;
  /** A queue that is away is waited for so long. */
  readonly queueMs: number;
  readonly signal: AbortSignal;
  readonly events: LaneEvents;
}

/** The jobs of this process: taken from the queue, and what goes wrong said in the queue's words. */
export class JobLane {
  readonly #queue: Queue;
  readonly #lane: string;
  readonly #parts: StageParts;
  readonly #recipes: Recipes;
  readonly #giveUpAfter: number;
  readonly #queueMs: number;
  readonly #signal: AbortSignal;
  readonly #events: LaneEvents;
  readonly #log: Log;
  #failedInRow = 0;
  /** Jobs that are left, as far as this process knows, since the queue was asked. */
  #left = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #round = '';
  #rounds = 0;
  /** Whether something was to be added since the last look at what came of it. */
  isUnsure = false;
  done = 0;
  failed = 0;

  constructor(queue: Queue, parts: StageParts, recipes: Recipes, options: LaneOptions) {
    this.#queue = queue;
    this.#lane = options.lane;
    this.#parts = parts;
    this.#recipes = recipes;
    this.#giveUpAfter = options.giveUpAfter;
    this.#queueMs = options.queueMs;
    this.#signal = options.signal;
    this.#events = options.events;
    this.#log = parts.log;
  }

  /** What was added was looked at. If some of it was not done, what is added from now on is new, whatever the queue remembers. */
  again(someWasNotDone: boolean): void {
    this.isUnsure = false;
    this.#rounds = someWasNotDone ? this.#rounds + 1 : 0;
    if (someWasNotDone) this.#round = randomUUID().slice(0, 8);
    if (this.#rounds > MOST_ROUNDS)
      throw fault('JOBS_WITHOUT_EFFECT', 'jobs end, and what they were to make is not there', {
        kind: 'conflict',
        hint: 'does another process work on the same data with other strategies or another model?',
      });
  }

  /** How many were new. */
  async add(jobs: readonly Job[]): Promise<number> {
    if (jobs.length === 0) return 0;
    this.isUnsure = true;
    const recipeOf = ({ stage }: Job): string => this.#recipes[stage].recipe;
    const wanted = jobs.map((job) => ({
      id: jobId(job, recipeOf(job), this.#round),
      payload: job,
      priority: job.stage === 'essence' ? 1 : 0,
    }));
    const added = await this.#patient(() => this.#queue.addMany(this.#lane, wanted));
    this.#left += added;
    return added;
  }

  /** Works until the undo is called. */
  work(concurrency: number): () => Promise<void> {
    return this.#queue.work(
      this.#lane,
      { concurrency, adapt: { onChange: this.#events.concurrency } },
      async (job, signal) => {
        try {
          await this.#do(job.payload as Job, signal);
          this.done++;
          this.#left--;
          this.#failedInRow = 0;
        } catch (error) {
          throw this.#told(error, job, signal);
        } finally {
          this.#events.ended();
        }
      },
    );
  }

  #do(job: Job, signal: AbortSignal): Promise<void> {
    return job.stage === 'essence'
      ? makeEssence(job.trajectory, this.#recipes, this.#parts, signal)
      : makeSeed(job.plan, this.#recipes, this.#parts, signal);
  }

  #told(error: unknown, job: QueuedJob, signal: AbortSignal): unknown {
    if (signal.aborted) return error;
    if (!isFault(error)) return this.#logged(error, job);
    if (error.code === 'RETRY_LATER') return error;
    if (FATAL.has(error.code)) {
      this.#events.fatal(error);
      return later(error, 1_000);
    }
    if (error.code === 'LLM_LIMITED') {
      const { retryAfterMs } = (error.data ?? {}) as { retryAfterMs?: number };
      return later(error, retryAfterMs ?? OVERLOADED_MS, true);
    }
    if (error.code === 'LLM_UNAVAILABLE' && ++this.#failedInRow >= this.#giveUpAfter) {
      this.#events.fatal(error);
      return later(error, 1_000);
    }
    return this.#logged(error, job);
  }

  /** The queue tries it again; what failed for good is collected from there. */
  #logged(error: unknown, job: QueuedJob): unknown {
    this.#log.debug('A job failed.', { job: job.id, attempt: job.attempts, reason: reason(error) });
    return error;
  }

  /** Writes down those that failed for good; how many there are now. */
  async collectFailed(): Promise<number> {
    const dead = await this.#patient(() => this.#queue.failed(this.#lane, 1_000));
    for (const job of dead) {
      const of = job.payload as Job;
      const why = (job.error ?? 'no reason was given').slice(0, 500);
      await this.#parts.writes.write([
        putFailure({ job: job.id, trajectory: of.trajectory, stage: of.stage, why, at: Date.now() }),
        ...(of.stage === 'essence' ? [] : [putSeedFailed(of.plan, why)]),
      ]);
    }
    if (dead.length > this.failed)
      for (const job of dead.slice(0, dead.length - this.failed))
        this.#events.problem({ where: job.id, what: job.error ?? 'failed', code: 'JOB_FAILED' });
    this.failed = dead.length;
    return dead.length;
  }

  /** How many are left; while it is many, the queue, which has to count, is asked from time to time. */
  async open(): Promise<number> {
    if (this.#left > MANY && performance.now() - this.#askedAt < COUNT_MS) return this.#left;
    const { waiting, active } = await this.#patient(() => this.#queue.counts(this.#lane));
    this.#askedAt = performance.now();
    this.#left = waiting + active;
    return this.#left;
  }

  /** What failed in an earlier run gets another chance. */
  retry(): Promise<number> {
    return this.#patient(() => this.#queue.retry(this.#lane));
  }

  /** A queue on another machine comes back after a while; what is asked of it here may be asked again. */
  async #patient<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.#queueMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const isAway = isFault(error) && error.code === 'QUEUE_UNAVAILABLE';
        if (!isAway || this.#signal.aborted || performance.now() > until) throw error;
        await sleep(AWAY_MS, undefined, { signal: this.#signal });
      }
    }
  }
}

const later = (error: Fault, afterMs: number, overloaded = false) =>
  fault('RETRY_LATER', error.message, { kind: 'unavailable', data: { afterMs, ...(overloaded && { overloaded }) } });
