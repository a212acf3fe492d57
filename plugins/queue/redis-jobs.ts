import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import type { Log } from '#kernel';
import type { JobState, QueuedJob } from './api.ts';
import { addToBull } from './bull-adding.ts';
import { type BullLane, BullLanes } from './bull-lanes.ts';
import type { QueueConfig } from './config.ts';
import {
  heldKey,
  type JobStore,
  type Notices,
  type Outcome,
  type StoredJob,
  storable,
  type TakenJob,
  type Taking,
} from './job-store.ts';
import { bullIdOf, idOf } from './redis-names.ts';
import { RedisNotices } from './redis-notices.ts';
import { RedisPlace } from './redis-place.ts';

interface RedisParts {
  readonly config: QueueConfig;
  readonly log: Log;
  readonly heard: Notices;
}

const RETRY_AT_ONCE = 500;
const FORGET_AT_ONCE = 500;
const STATES: Readonly<Record<string, JobState>> = {
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  active: 'active',
};

/** Jobs in Redis, by BullMQ: its scripts move them, its locks are the leases; we take them one by one, as a worker does. */
export class RedisJobs implements JobStore {
  readonly #parts: RedisParts;
  readonly #place: RedisPlace;
  readonly #notices: RedisNotices;
  readonly #lanes: BullLanes;
  /** BullMQ's own view of what was taken. */
  readonly #bullJobs = new WeakMap<TakenJob, Job>();
  #bull: typeof import('bullmq') | undefined;

  constructor(parts: RedisParts) {
    this.#parts = parts;
    this.#place = new RedisPlace(parts.config.redis, parts.log);
    this.#lanes = new BullLanes(parts.config, this.#place);
    this.#notices = new RedisNotices(this.#place, parts.config.redis.prefix);
  }

  get trouble(): string | undefined {
    return this.#place.trouble;
  }

  async open(): Promise<void> {
    this.#bull = await this.#lanes.open();
    await this.#place.open();
    this.#notices.open(this.#parts.heard);
  }

  async close(): Promise<void> {
    this.#notices.close();
    await this.#lanes.close();
    this.#place.close();
  }

  async add(name: string, jobs: readonly StoredJob[]): Promise<number> {
    const added = await addToBull(this.#place, this.#lanes.get(name), jobs);
    if (added > 0) this.#notices.wake(name);
    return added;
  }

  async take(name: string, most: number): Promise<Taking> {
    const lane = this.#lanes.get(name);
    await this.#lanes.recoverStalled(lane);
    if (most === 1) return this.#takeUpTo(lane, 1);
    const [ready, later] = (await this.#place.script('ready', lane.base, Date.now())) as [number, string];
    const taking = ready > 0 ? await this.#takeUpTo(lane, Math.min(most, ready)) : { seen: 0, taken: [] };
    return later === '' ? taking : { ...taking, nextAt: Math.floor(Number(later) / 4_096) };
  }

  async #takeUpTo(lane: BullLane, most: number): Promise<Taking> {
    const backend = lane.queue.getBackend();
    const token = randomUUID();
    // Those that were taken are worked, also where the answer for another one was lost.
    const answers = await Promise.allSettled(
      Array.from({ length: most }, () => this.#place.attempt(() => backend.moveToActive(token))),
    );
    const taken = answers.flatMap((answer) => {
      const [json, id] = answer.status === 'fulfilled' ? answer.value : [];
      return json ? [this.#taken(lane, this.#bull!.Job.fromJSON(lane.queue, json, String(id)), token)] : [];
    });
    const lost = answers.find((answer) => answer.status === 'rejected');
    if (taken.length === 0 && lost !== undefined) throw lost.reason;
    const [, , , delayedUntil] = answers[0]?.status === 'fulfilled' ? answers[0].value : [];
    return { seen: taken.length, taken, ...(Number(delayedUntil) > 0 && { nextAt: Number(delayedUntil) }) };
  }

  #taken(lane: BullLane, bullJob: Job, token: string): TakenJob {
    const taken: TakenJob = {
      job: { ...queuedJob(lane.name, bullJob), state: 'active' },
      token,
      failures: bullJob.attemptsMade,
      lost: bullJob.stalledCounter,
      isCancelled: false,
    };
    this.#bullJobs.set(taken, bullJob);
    return taken;
  }

  async renew(
    name: string,
    held: readonly TakenJob[],
  ): Promise<ReadonlyMap<string, { readonly isCancelled: boolean }>> {
    const { queue, base } = this.#lanes.get(name);
    const ids = held.map(({ job }) => bullIdOf(job.id));
    const tokens = held.map(({ token }) => token);
    const { leaseMs } = this.#parts.config;
    const lost = new Set(
      (await this.#place.attempt(() => queue.getBackend().extendLocks(ids, tokens, leaseMs))) as readonly string[],
    );
    const cancelling = new Set((await this.#place.script('cancelling', base, ...ids)) as readonly string[]);
    const mine = new Map<string, { readonly isCancelled: boolean }>();
    for (const [at, { job, token }] of held.entries())
      if (!lost.has(ids[at]!)) mine.set(heldKey(job.id, token), { isCancelled: cancelling.has(ids[at]!) });
    return mine;
  }

  async finish(taken: TakenJob, outcome: Outcome): Promise<boolean> {
    const { queue, base } = this.#lanes.get(taken.job.lane);
    const backend = queue.getBackend();
    const bullJob = this.#bullJobs.get(taken)!;
    const id = bullJob.id!;
    const { token } = taken;
    switch (outcome.state) {
      case 'done':
        return this.#moved(() => backend.moveToCompleted(bullJob, null, false, token, false));
      case 'failed':
        return this.#moved(() => backend.moveToFailed(bullJob, storable(outcome.error), false, token, false));
      case 'cancelled':
        return (await this.#place.script('endCancelled', base, id, token, Date.now())) === 1;
      case 'waiting': {
        const now = Date.now();
        const { dueAt, isFailure, error } = outcome;
        const skipAttempt = !isFailure;
        const fieldsToUpdate = { failedReason: storable(error ?? '') };
        const isOurs = await this.#moved(() =>
          dueAt <= now && skipAttempt
            ? backend.moveJobFromActiveToWait(id, token)
            : backend.moveToDelayed(id, now, Math.max(0, dueAt - now), token, { skipAttempt, fieldsToUpdate }),
        );
        if (isOurs) await this.#place.script('settle', base, now, isFailure ? 0 : 1, id);
        if (isOurs && dueAt <= now) this.#notices.wake(taken.job.lane);
        return isOurs;
      }
    }
  }

  /** False: BullMQ says that the job is gone, not at work, or locked by another. */
  async #moved(move: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#place.attempt(move);
      return true;
    } catch (error) {
      const { JobNotExist, JobLockNotExist, JobNotInState, JobLockMismatch } = this.#bull!.ErrorCode;
      const { code } = error as { readonly code?: unknown };
      if ([JobNotExist, JobLockNotExist, JobNotInState, JobLockMismatch].some((each) => each === code)) return false;
      throw error;
    }
  }

  async cancel(name: string, id: string): Promise<JobState | undefined> {
    const base = this.#lanes.baseOf(name);
    const state = (await this.#place.script('cancel', base, bullIdOf(id), Date.now())) as JobState | null;
    if (state === 'active') this.#notices.cancelled(name, id);
    return state ?? undefined;
  }

  async get(name: string, id: string): Promise<QueuedJob | undefined> {
    const base = this.#lanes.baseOf(name);
    const found = (await this.#place.script('read', base, bullIdOf(id))) as (string | null)[] | null;
    if (found === null) return undefined;
    const [bullState, data, begun, addedAt, error] = found;
    const state = STATES[bullState ?? ''] ?? 'waiting';
    return {
      ...{ id, lane: name, payload: JSON.parse(data ?? 'null') as unknown, state },
      attempts: Number(begun ?? 0),
      ...(error && state !== 'done' && { error }),
      addedAt: Number(addedAt),
    };
  }

  async counts(name: string): Promise<Readonly<Record<JobState, number>>> {
    const base = this.#lanes.baseOf(name);
    const [waiting = 0, active = 0, done = 0, failed = 0, cancelled = 0] = (await this.#place.script(
      'counts',
      base,
    )) as number[];
    return { waiting, active, done, failed, cancelled };
  }

  async setPaused(name: string, isPaused: boolean): Promise<void> {
    const { queue } = this.#lanes.get(name);
    await this.#place.attempt(() => (isPaused ? queue.pause() : queue.resume()));
    if (!isPaused) this.#notices.wake(name);
  }
  paused(name: string): Promise<boolean> {
    return this.#place.attempt(() => this.#lanes.get(name).queue.isPaused());
  }

  async failed(name: string, limit: number): Promise<readonly QueuedJob[]> {
    const jobs = await this.#place.attempt(() => this.#lanes.get(name).queue.getFailed(0, limit - 1));
    return jobs.map((job) => ({
      ...queuedJob(name, job),
      state: 'failed',
      ...(job.failedReason && { error: job.failedReason }),
    }));
  }

  async retry(name: string, id: string | undefined): Promise<number> {
    const { queue } = this.#lanes.get(name);
    let retried = 0;
    if (id !== undefined) {
      const job = await this.#place.attempt(() => queue.getJob(bullIdOf(id)));
      retried = job && (await this.#revive(name, job)) ? 1 : 0;
    } else {
      let left = (await this.counts(name)).failed;
      while (left > 0) {
        const jobs = await this.#place.attempt(() => queue.getFailed(0, Math.min(left, RETRY_AT_ONCE) - 1));
        if (jobs.length === 0) break;
        left -= jobs.length;
        retried += (await Promise.all(jobs.map((job) => this.#revive(name, job)))).filter(Boolean).length;
      }
    }
    if (retried > 0) this.#notices.wake(name);
    return retried;
  }

  async #revive(name: string, job: Job): Promise<boolean> {
    const { queue, base } = this.#lanes.get(name);
    if ((await this.#place.script('revive', base, job.id!)) !== 1) return false;
    const anew = { resetAttemptsMade: true, resetAttemptsStarted: true };
    return this.#moved(() => queue.getBackend().retryFinishedJob(job, 'failed', anew));
  }

  async prune(oldest: number, keep: number): Promise<number> {
    let forgotten = 0;
    for (const name of await this.#lanes.names())
      for (;;) {
        const gone = Number(await this.#place.script('forget', this.#lanes.baseOf(name), oldest, keep, FORGET_AT_ONCE));
        forgotten += gone;
        if (gone < FORGET_AT_ONCE) break;
      }
    return forgotten;
  }
}

const queuedJob = (lane: string, { id, data, attemptsStarted, timestamp }: Job): Omit<QueuedJob, 'state'> => ({
  ...{ id: idOf(id!), lane, payload: data as unknown },
  attempts: attemptsStarted,
  addedAt: timestamp,
});
