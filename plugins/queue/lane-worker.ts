import { setTimeout as sleep } from 'node:timers/promises';
import { isFault, type Log, reason } from '#kernel';
import type { QueuedJob } from './api.ts';
import type { QueueConfig } from './config.ts';
import { heldKey, type JobTable, type Outcome, type TakenJob } from './job-table.ts';
import { RunningJob } from './running-job.ts';

export interface Lane {
  readonly name: string;
  readonly concurrency: number;
  readonly work: (job: QueuedJob, signal: AbortSignal) => Promise<void>;
}

/** One UPDATE takes at most so many: others on the same lane want some too. */
const BATCH = 32;
const STORE_AGAIN_MS = 100;

/** Takes jobs of one lane, runs them, and keeps their leases. */
export class LaneWorker {
  readonly #lane: Lane;
  readonly #table: JobTable;
  readonly #config: QueueConfig;
  readonly #log: Log;
  readonly #running = new Map<RunningJob, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  /** When the next job that this process knows of is due. */
  #soonest = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | undefined;
  /** Why the last look failed. */
  trouble: string | undefined;

  constructor(lane: Lane, table: JobTable, config: QueueConfig, log: Log) {
    this.#lane = lane;
    this.#table = table;
    this.#config = config;
    this.#log = log;
  }

  get active(): number {
    return this.#running.size;
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
    await Promise.all([...this.#running.keys()].map((running) => this.#giveBack(running)));
  }

  get #free(): number {
    return this.#lane.concurrency - this.#running.size;
  }

  async #look(): Promise<void> {
    const { leaseMs } = this.#config;
    if (this.#soonest <= Date.now()) this.#soonest = Number.POSITIVE_INFINITY;
    try {
      while (this.#free > 0 && this.#stopping === undefined) {
        this.#lookAgain = false;
        const until = Date.now() + leaseMs;
        const { seen, taken } = await this.#table.take(this.#lane.name, Math.min(this.#free, BATCH), leaseMs);
        for (const each of taken) this.#begin(each, until);
        if (seen === 0) break;
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
    const ms = Math.min(this.#config.pollMs, Math.max(1, this.#soonest - Date.now()));
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
    const { taken, signal } = running;
    const { maxLost } = this.#config;
    if (taken.isCancelled) return this.#finish(running, { state: 'cancelled' });
    if (taken.lost >= maxLost)
      return this.#finish(running, { state: 'failed', error: `JOB_WORKERS_DIED: its worker died ${taken.lost} times` });
    let outcome: Outcome;
    try {
      await this.#lane.work(taken.job, signal);
      outcome = { state: running.ended === 'cancelled' ? 'cancelled' : 'done' };
    } catch (error) {
      outcome = this.#failed(running, error);
    }
    await this.#finish(running, outcome);
  }

  #failed(running: RunningJob, error: unknown): Outcome {
    const { attempts, pauseMs, maxPauseMs } = this.#config;
    const { job, failures } = running.taken;
    if (running.ended === 'cancelled' || running.ended === 'lost') return { state: 'cancelled' };
    if (running.ended === 'stopping') return { state: 'waiting', dueAt: Date.now(), isFailure: false };
    const code = isFault(error) ? error.code : undefined;
    const said = `${code === undefined ? '' : `${code}: `}${reason(error)}`;
    if (code === 'RETRY_LATER' && isFault(error)) {
      const { afterMs } = error.data;
      const pause = typeof afterMs === 'number' && afterMs >= 0 ? afterMs : pauseMs;
      return { state: 'waiting', dueAt: Date.now() + pause, isFailure: false, error: said };
    }
    this.#log.warn('a job failed', { lane: job.lane, job: job.id, attempt: failures + 1, of: attempts, reason: said });
    if (failures + 1 >= attempts) return { state: 'failed', error: said };
    // Not all at the same moment, where one cause failed many.
    const pause = Math.min(maxPauseMs, pauseMs * 2 ** failures) * (0.75 + Math.random() / 4);
    return { state: 'waiting', dueAt: Date.now() + Math.ceil(pause), isFailure: true, error: said };
  }

  /** A result that cannot be stored is tried again as long as the lease holds; after that the job is done again. */
  async #finish(running: RunningJob, outcome: Outcome): Promise<void> {
    const { lane, id } = running.taken.job;
    for (;;) {
      if (running.ended === 'lost') break;
      try {
        if (!(await this.#table.finish(running.taken, outcome))) break;
        if (outcome.state === 'waiting') this.wakeAt(outcome.dueAt);
        return;
      } catch (error) {
        this.#log.warn('the end of a job cannot be stored yet', { lane, job: id, reason: reason(error) });
        if (Date.now() >= running.leaseUntil) return;
        await sleep(STORE_AGAIN_MS);
      }
    }
    this.#log.warn('a job was lost to another worker', { lane, job: id });
  }

  async #renew(): Promise<void> {
    const held = [...this.#running.keys()].filter(({ ended }) => ended !== 'lost');
    if (held.length === 0) return;
    const until = Date.now() + this.#config.leaseMs;
    try {
      const mine = await this.#table.renew(
        this.#lane.name,
        held.map(({ taken }) => taken),
        until,
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
      for (const running of held) if (Date.now() >= running.leaseUntil) running.lose();
    }
  }

  async #giveBack(running: RunningJob): Promise<void> {
    running.lose();
    const { job } = running.taken;
    try {
      await this.#table.finish(running.taken, { state: 'waiting', dueAt: Date.now(), isFailure: false });
    } catch (error) {
      this.#log.warn('a job could not be given back; it goes on when its lease has run out', {
        lane: job.lane,
        job: job.id,
        reason: reason(error),
      });
    }
  }

  async #settled(ms: number): Promise<void> {
    if (this.#running.size === 0) return;
    const late = new AbortController();
    await Promise.race([
      Promise.all(this.#running.values()),
      sleep(ms, undefined, { signal: late.signal, ref: false }).catch(() => undefined),
    ]);
    late.abort();
  }
}
