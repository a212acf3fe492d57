import { type Health, type Log, reason } from '#kernel';
import type { JobState, NewJob, Queue, QueuedJob, WorkOptions } from './api.ts';
import type { QueueConfig } from './config.ts';
import type { JobStore, Notices } from './job-store.ts';
import { type Lane, LaneWorker } from './lane-worker.ts';
import { checkJob, checkJobs, checkName, invalid } from './new-job.ts';

/** Who works a lane, over all generations of this plugin: a new one goes on with it, and the undo ends all of them. */
interface Engagement {
  readonly lane: Lane;
  readonly workers: Set<LaneWorker>;
  isOver: boolean;
}

export interface QueueParts {
  readonly config: QueueConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly store: (heard: Notices) => JobStore;
}

const MOST_FAILED = 10_000;

/** Jobs in a store, and the workers of this process. */
export class DurableQueue implements Queue {
  readonly #parts: QueueParts;
  readonly #store: JobStore;
  readonly #engagements = new Set<Engagement>();
  /** Of this generation. */
  readonly #workers = new Map<LaneWorker, Engagement>();
  #pruning: NodeJS.Timeout | undefined;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#store = parts.store({
      wake: (lane) => this.#wake(lane),
      cancelled: (lane, id) => this.#cancelHere(lane, id),
    });
  }

  async start(): Promise<void> {
    await this.#store.open();
    this.#pruning = setInterval(() => void this.#prune(), this.#parts.config.pruneMs);
    void this.#prune();
  }

  async stop(): Promise<void> {
    clearInterval(this.#pruning);
    await Promise.all([...this.#workers.keys()].map((worker) => worker.stop()));
    await this.#store.close();
  }

  async add(lane: string, job: NewJob): Promise<{ id: string; added: boolean }> {
    checkName('a lane', lane);
    const stored = checkJob(job, this.#parts.config.maxPayloadBytes);
    const added = (await this.#store.add(lane, [stored])) === 1;
    if (added) for (const worker of this.#of(lane)) worker.wakeAt(stored.dueAt);
    return { id: stored.id, added };
  }

  async addMany(lane: string, jobs: readonly NewJob[]): Promise<number> {
    checkName('a lane', lane);
    const stored = checkJobs(jobs, this.#parts.config.maxPayloadBytes);
    if (stored.length === 0) return 0;
    const added = await this.#store.add(lane, stored);
    const first = stored.reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY);
    if (added > 0) for (const worker of this.#of(lane)) worker.wakeAt(first);
    return added;
  }

  work(name: string, options: WorkOptions, work: Lane['work']): () => Promise<void> {
    checkName('a lane', name);
    const { concurrency } = options;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) throw invalid('concurrency must be at least 1');
    const engagement: Engagement = { lane: { name, options, work }, workers: new Set(), isOver: false };
    this.#engage(engagement);
    return async () => {
      engagement.isOver = true;
      await Promise.all([...engagement.workers].map((worker) => worker.stop()));
      this.#engagements.delete(engagement);
      for (const worker of engagement.workers) this.#workers.delete(worker);
    };
  }

  async cancel(lane: string, id: string): Promise<boolean> {
    checkName('a lane', lane);
    const state = await this.#store.cancel(lane, id);
    if (state === 'active') this.#cancelHere(lane, id);
    return state !== undefined;
  }
  async get(lane: string, id: string): Promise<QueuedJob | undefined> {
    checkName('a lane', lane);
    return this.#store.get(lane, id);
  }
  async counts(lane: string): Promise<Readonly<Record<JobState, number>>> {
    checkName('a lane', lane);
    return this.#store.counts(lane);
  }

  async pause(lane: string): Promise<void> {
    checkName('a lane', lane);
    await this.#store.setPaused(lane, true);
  }
  async resume(lane: string): Promise<void> {
    checkName('a lane', lane);
    await this.#store.setPaused(lane, false);
    this.#wake(lane);
  }
  async paused(lane: string): Promise<boolean> {
    checkName('a lane', lane);
    return this.#store.paused(lane);
  }

  async failed(lane: string, limit = 100): Promise<readonly QueuedJob[]> {
    checkName('a lane', lane);
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_FAILED)
      throw invalid(`limit must be a whole number from 1 to ${MOST_FAILED}`);
    return this.#store.failed(lane, limit);
  }
  async retry(lane: string, id?: string): Promise<number> {
    checkName('a lane', lane);
    const retried = await this.#store.retry(lane, id);
    if (retried > 0) this.#wake(lane);
    return retried;
  }

  health(): Health {
    const workers = [...this.#workers].filter(([, { isOver }]) => !isOver);
    const trouble = this.#store.trouble ?? workers.find(([worker]) => worker.trouble !== undefined)?.[0].trouble;
    const active = workers.reduce((sum, [worker]) => sum + worker.active, 0);
    const lanes = [...new Set(workers.map(([, { lane }]) => lane.name))];
    const adapted = workers.filter(([, { lane }]) => lane.options.adapt !== undefined);
    const limits = Object.fromEntries(adapted.map(([worker, { lane }]) => [lane.name, worker.limit]));
    const detail = { lanes, active, ...(adapted.length > 0 && { limits }), ...(trouble !== undefined && { trouble }) };
    return { ok: trouble === undefined, detail };
  }

  /** For the next generation, which works on while this one drains. */
  get engagements(): readonly Engagement[] {
    return [...this.#engagements];
  }
  adopt(engagements: readonly Engagement[]): void {
    for (const each of engagements) if (!each.isOver) this.#engage(each);
  }

  #engage(engagement: Engagement): void {
    const { config, log } = this.#parts;
    const worker = new LaneWorker(engagement.lane, this.#store, config, log);
    this.#engagements.add(engagement);
    engagement.workers.add(worker);
    this.#workers.set(worker, engagement);
    worker.start();
  }

  #of(lane: string): LaneWorker[] {
    return [...this.#workers].flatMap(([worker, engagement]) => (engagement.lane.name === lane ? worker : []));
  }
  #wake(lane: string): void {
    for (const worker of this.#of(lane)) worker.wake();
  }
  #cancelHere(lane: string, id: string): void {
    for (const worker of this.#of(lane)) worker.cancel(id);
  }

  async #prune(): Promise<void> {
    const { config, log, signal } = this.#parts;
    try {
      const forgotten = await this.#store.prune(Date.now() - config.keepMs, config.keepJobs);
      if (forgotten > 0) log.debug('old jobs were forgotten', { jobs: forgotten });
    } catch (error) {
      if (!signal.aborted) log.warn('old jobs cannot be forgotten', { reason: reason(error) });
    }
  }
}
