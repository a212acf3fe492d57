import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, reason } from '#kernel';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { QueuedJob, WorkOptions } from './api.ts';
import type { QueueConfig } from './config.ts';
import { isOverloaded, outcomeOf } from './job-outcome.ts';
import { heldKey, type JobStore, type Outcome, type TakenJob } from './job-store.ts';
import { RunningJob } from './running-job.ts';

export interface Lane {
  readonly name: string;
  readonly options: WorkOptions;
  readonly work: (job: QueuedJob, signal: AbortSignal) => Promise<void>;
}

/** So many are taken at a time: others on the same lane want some too. */
const BATCH = 32;
const STORE_AGAIN_MS = 100;
const GIVE_BACK_MS = 1_000;

/** Takes jobs of one lane, runs them, and keeps their leases. */
export class LaneWorker {
  readonly #lane: Lane;
  readonly #store: JobStore;
  readonly #config: QueueConfig;
  readonly #log: Log;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #running = new Map<RunningJob, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: NodeJS.Timeout | undefined;
  #isRenewing = false;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  /** When the next job that this process knows of is due. */
  #soonest = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | undefined;
  #cannotStore = false;
  /** Why the last look failed. */
  trouble: string | undefined;

  constructor(lane: Lane, store: JobStore, config: QueueConfig, log: Log) {
    this.#lane = lane;
    this.#store = store;
    this.#config = config;
    this.#log = log;
    this.#adaptive = lane.options.adapt && this.#adaptiveLimit(lane.options.adapt);
  }

  #adaptiveLimit({ onChange }: NonNullable<WorkOptions['adapt']>): AdaptiveLimit {
    const { adapt, pauseMs, maxPauseMs } = this.#config;
    const most = this.#lane.options.concurrency;
    const tell = (limit: number): void => {
      try {
        onChange?.(limit);
      } catch (error) {
        this.#log.warn('onChange of a lane threw', { lane: this.#lane.name, reason: reason(error) });
      }
    };
    return new AdaptiveLimit({ ...adapt, most, restMs: pauseMs, maxRestMs: maxPauseMs, onChange: tell });
  }

  get active(): number {
    return this.#running.size;
  }
  /** How many at once it takes now. */
  get limit(): number {
    return this.#adaptive?.limit ?? this.#lane.options.concurrency;
  }

  start(): void {
    this.#renewing = setInterval(() => void this.#renew(), this.#config.leaseMs / 3);
    this.wake();
  }

  /** There may be something to take. */
  wake(): void {
    if (this.#stopping !== undefined) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain && this.#free > 0) this.wake();
    });
  }

  /** A job of this process is due then. */
  wakeAt(time: number): void {
    if (time <= Date.now()) return this.wake();
    this.#soonest = Math.min(this.#soonest, time);
    if (this.#looking === undefined) this.#schedule();
  }

  cancel(id: string): void {
    for (const running of this.#running.keys()) if (running.taken.job.id === id) running.cancel();
  }

  /** Takes no more, waits for those at work, and gives back what does not end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#looking;
    const { drainMs, graceMs } = this.#config;
    await this.#settled(drainMs);
    for (const running of this.#running.keys()) running.stop();
    await this.#settled(graceMs);
    clearInterval(this.#renewing);
    const givenBack = [...this.#running.keys()].map((running) => this.#giveBack(running));
    await this.#within(GIVE_BACK_MS, Promise.all(givenBack));
  }

  get #free(): number {
    const free = this.#lane.options.concurrency - this.#running.size;
    return this.#adaptive === undefined ? free : Math.min(free, this.#adaptive.room);
  }

  async #look(): Promise<void> {
    // What else ends in this moment makes room too: one claim for all of them.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#soonest <= Date.now()) this.#soonest = Number.POSITIVE_INFINITY;
    try {
      while (this.#free > 0 && this.#stopping === undefined) {
        this.#lookAgain = false;
        const until = Date.now() + this.#config.leaseMs;
        const most = Math.min(this.#free, BATCH);
        const { seen, taken, nextAt } = await this.#store.take(this.#lane.name, most);
        for (const each of taken) this.#begin(each, until);
        if (nextAt !== undefined) this.#soonest = Math.min(this.#soonest, nextAt);
        if (seen < most) break;
      }
      this.trouble = undefined;
    } catch (error) {
      this.#lookAgain = false;
      if (this.trouble === undefined)
        this.#log.warn('jobs cannot be taken', { lane: this.#lane.name, reason: reason(error) });
      this.trouble = reason(error);
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopping !== undefined) return;
    const rests = (this.#adaptive?.restsUntil ?? 0) - Date.now();
    const ms = Math.min(this.#config.pollMs, Math.max(1, this.#soonest - Date.now()), rests > 0 ? rests : Infinity);
    this.#timer = setTimeout(() => this.wake(), ms);
  }

  #begin(taken: TakenJob, leaseUntil: number): void {
    const running = new RunningJob(taken, leaseUntil);
    const ending = this.#run(running).finally(() => {
      this.#running.delete(running);
      this.wake();
    });
    this.#running.set(running, ending);
  }

  async #run(running: RunningJob): Promise<void> {
    const { taken } = running;
    const { maxLost } = this.#config;
    if (taken.isCancelled) return this.#finish(running, { state: 'cancelled' });
    if (taken.lost >= maxLost)
      return this.#finish(running, { state: 'failed', error: `JOB_WORKERS_DIED: its worker died ${taken.lost} times` });
    await this.#finish(running, await this.#work(running));
  }

  async #work(running: RunningJob): Promise<Outcome> {
    const call = this.#adaptive?.begin();
    const ended = (how: 'well' | 'overloaded' | 'unknown'): void => {
      if (call !== undefined) this.#adaptive?.end(call, how);
    };
    try {
      await this.#lane.work(running.taken.job, running.signal);
      ended('well');
      return { state: running.ended === 'cancelled' ? 'cancelled' : 'done' };
    } catch (error) {
      ended(isOverloaded(error) ? 'overloaded' : 'unknown');
      return outcomeOf(running, error, this.#config, this.#log);
    }
  }

  /** A result that cannot be stored is tried again as long as the lease holds; after that the job is done again. */
  async #finish(running: RunningJob, outcome: Outcome): Promise<void> {
    const { lane, id } = running.taken.job;
    for (;;) {
      if (running.ended === 'lost') break;
      try {
        const isOurs = await this.#store.finish(running.taken, outcome);
        this.#cannotStore = false;
        if (!isOurs) break;
        if (outcome.state === 'waiting') this.wakeAt(outcome.dueAt);
        return;
      } catch (error) {
        if (!this.#cannotStore)
          this.#log.warn('the end of a job cannot be stored yet', { lane, job: id, reason: reason(error) });
        this.#cannotStore = true;
        if (Date.now() >= running.leaseUntil)
          return this.#log.warn('the end of a job was not stored within its lease; it is done again', {
            lane,
            job: id,
          });
        await sleep(STORE_AGAIN_MS);
      }
    }
    this.#log.warn('a job was lost to another worker', { lane, job: id });
  }

  async #renew(): Promise<void> {
    const held = [...this.#running.keys()].filter(({ ended }) => ended !== 'lost');
    if (held.length === 0) return;
    if (this.#isRenewing) return this.#loseOverdue(held);
    this.#isRenewing = true;
    const until = Date.now() + this.#config.leaseMs;
    try {
      const mine = await this.#store.renew(
        this.#lane.name,
        held.map(({ taken }) => taken),
      );
      for (const running of held) {
        const { job, token } = running.taken;
        const renewed = mine.get(heldKey(job.id, token));
        if (renewed !== undefined) running.leaseUntil = until;
        // What ended while the statement ran is not lost.
        if (renewed === undefined && this.#running.has(running)) running.lose();
        if (renewed?.isCancelled) running.cancel();
      }
    } catch (error) {
      this.#log.warn('leases cannot be renewed', { lane: this.#lane.name, reason: reason(error) });
      this.#loseOverdue(held);
    }
    this.#isRenewing = false;
  }

  #loseOverdue(held: readonly RunningJob[]): void {
    for (const running of held) if (Date.now() >= running.leaseUntil) running.lose();
  }

  async #giveBack(running: RunningJob): Promise<void> {
    running.lose();
    const { job } = running.taken;
    try {
      await this.#store.finish(running.taken, { state: 'waiting', dueAt: Date.now(), isFailure: false });
    } catch (error) {
      this.#log.warn('a job could not be given back; it goes on when its lease has run out', {
        lane: job.lane,
        job: job.id,
        reason: reason(error),
      });
    }
  }

  async #settled(ms: number): Promise<void> {
    if (this.#running.size > 0) await this.#within(ms, Promise.all(this.#running.values()));
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const late = new AbortController();
    const limit = sleep(ms, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
    await Promise.race([work, limit]);
    late.abort();
  }
}
