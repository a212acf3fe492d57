import { fault, type Health, type Log, reason } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { JobState, NewJob, Queue, QueuedJob, WorkOptions } from './api.ts';
import type { QueueConfig } from './config.ts';
import { JobTable } from './job-table.ts';
import { type Lane, LaneWorker } from './lane-worker.ts';
import { MIGRATIONS } from './tables.ts';

/** Who works a lane, over all generations of this plugin: a new one goes on with it, and the undo ends all of them. */
interface Engagement {
  readonly lane: Lane;
  readonly workers: Set<LaneWorker>;
  isOver: boolean;
}

export interface QueueParts {
  readonly storage: Storage;
  readonly config: QueueConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const LONGEST_NAME = 200;

/** Jobs in a table, and the workers of this process. */
export class DurableQueue implements Queue {
  readonly #parts: QueueParts;
  readonly #table: JobTable;
  readonly #engagements = new Set<Engagement>();
  /** Of this generation. */
  readonly #workers = new Map<LaneWorker, Engagement>();
  #pruning: NodeJS.Timeout | undefined;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#table = new JobTable(parts.storage);
  }

  async start(): Promise<void> {
    await this.#parts.storage.migrate('queue', MIGRATIONS);
    this.#pruning = setInterval(() => void this.#prune(), this.#parts.config.pruneMs);
    void this.#prune();
  }

  async stop(): Promise<void> {
    clearInterval(this.#pruning);
    await Promise.all([...this.#workers.keys()].map((worker) => worker.stop()));
  }

  async add(lane: string, { id, payload, priority = 0, notBefore }: NewJob): Promise<{ id: string; added: boolean }> {
    named('a lane', lane);
    named('the id of a job', id);
    if (!Number.isSafeInteger(priority)) throw invalid('priority must be a whole number');
    if (notBefore !== undefined && !Number.isSafeInteger(notBefore)) throw invalid('notBefore must be milliseconds');
    const text = JSON.stringify(payload) ?? 'null';
    const { maxPayloadBytes } = this.#parts.config;
    if (Buffer.byteLength(text) > maxPayloadBytes)
      throw fault('JOB_TOO_LARGE', `the payload of job "${id}" is larger than ${maxPayloadBytes} bytes`, {
        kind: 'too_large',
        hint: 'store it elsewhere and name it, or raise queue.maxPayloadBytes',
      });
    const dueAt = notBefore ?? Date.now();
    const added = await this.#table.add(lane, { id, payload: text, priority, dueAt });
    if (added) for (const worker of this.#of(lane)) worker.wakeAt(dueAt);
    return { id, added };
  }

  work(name: string, { concurrency }: WorkOptions, work: Lane['work']): () => Promise<void> {
    named('a lane', name);
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) throw invalid('concurrency must be at least 1');
    const engagement: Engagement = { lane: { name, concurrency, work }, workers: new Set(), isOver: false };
    this.#engage(engagement);
    return async () => {
      engagement.isOver = true;
      await Promise.all([...engagement.workers].map((worker) => worker.stop()));
      this.#engagements.delete(engagement);
    };
  }

  async cancel(lane: string, id: string): Promise<boolean> {
    const state = await this.#table.cancel(lane, id);
    if (state === 'active') for (const worker of this.#of(lane)) worker.cancel(id);
    return state !== undefined;
  }
  get(lane: string, id: string): Promise<QueuedJob | undefined> {
    return this.#table.get(lane, id);
  }
  counts(lane: string): Promise<Readonly<Record<JobState, number>>> {
    return this.#table.counts(lane);
  }

  health(): Health {
    const workers = [...this.#workers.keys()];
    const trouble = workers.find((worker) => worker.trouble !== undefined)?.trouble;
    const active = workers.reduce((sum, worker) => sum + worker.active, 0);
    const lanes = [...new Set([...this.#workers.values()].map(({ lane }) => lane.name))];
    return { ok: trouble === undefined, detail: { lanes, active, ...(trouble !== undefined && { trouble }) } };
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
    const worker = new LaneWorker(engagement.lane, this.#table, config, log);
    this.#engagements.add(engagement);
    engagement.workers.add(worker);
    this.#workers.set(worker, engagement);
    worker.start();
  }

  #of(lane: string): LaneWorker[] {
    return [...this.#workers].flatMap(([worker, engagement]) => (engagement.lane.name === lane ? worker : []));
  }

  async #prune(): Promise<void> {
    const { config, log, signal } = this.#parts;
    try {
      const forgotten = await this.#table.prune(Date.now() - config.keepMs, config.keepJobs);
      if (forgotten > 0) log.debug('old jobs were forgotten', { jobs: forgotten });
    } catch (error) {
      if (!signal.aborted) log.warn('old jobs cannot be forgotten', { reason: reason(error) });
    }
  }
}

function named(what: string, name: string): void {
  if (name.length === 0 || name.length > LONGEST_NAME || name.includes('\0'))
    throw invalid(`${what} has 1 to ${LONGEST_NAME} characters`);
}

const invalid = (message: string) => fault('JOB_INVALID', message, { kind: 'invalid' });
