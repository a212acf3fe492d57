import { randomUUID } from 'node:crypto';
import { type Events, fault, type Log, reason } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { CapabilityNeed, ProvisionJob } from './api.ts';
import { needKey } from './need.ts';
import { isOver, type JobCaller, RunningJob } from './running-job.ts';

interface Kept {
  readonly job: ProvisionJob;
  readonly caller: JobCaller;
}

/** All jobs: those at work, and the last ones that are over. Kept, so that a job outlives the server that began it. */
export class Jobs {
  readonly #storage: Storage;
  readonly #events: Events;
  readonly #log: Log;
  readonly #keep: number;
  readonly #running = new Map<string, RunningJob>();
  #over = new Map<string, ProvisionJob>();
  #writing: Promise<void> = Promise.resolve();

  constructor(storage: Storage, events: Events, log: Log, keep: number) {
    this.#storage = storage;
    this.#events = events;
    this.#log = log;
    this.#keep = keep;
  }

  /** The jobs that a restart cut off, to be gone on with. */
  async load(): Promise<readonly RunningJob[]> {
    const rows = await this.#storage.all<{ record: string; started_at: number }>(
      'SELECT record, started_at FROM provisioner_jobs ORDER BY started_at DESC LIMIT ?',
      [this.#keep],
    );
    const oldest = rows.length === this.#keep ? Number(rows.at(-1)!.started_at) : 0;
    await this.#storage.run(
      "DELETE FROM provisioner_jobs WHERE started_at < ? AND state IN ('done', 'failed', 'cancelled')",
      [oldest],
    );
    const cut: RunningJob[] = [];
    for (const { record } of rows.reverse()) {
      const { job, caller } = JSON.parse(record) as Kept;
      if (isOver(job)) this.#over.set(job.id, job);
      else cut.push(this.#run(job, caller));
    }
    return cut;
  }

  /** The job at work on an equal need of this principal, or a new one. */
  begin(need: CapabilityNeed, caller: JobCaller): { readonly running: RunningJob; readonly isNew: boolean } {
    const key = needKey(need);
    for (const running of this.#running.values())
      if (running.key === key && running.caller.principal === caller.principal) return { running, isNew: false };
    const job: ProvisionJob = {
      id: randomUUID(),
      state: 'running',
      stage: 'gap',
      need,
      action: 'none',
      installed: [],
      tools: [],
      rejected: [],
      candidates: [],
      startedAt: Date.now(),
    };
    const { principal, session } = caller;
    return { running: this.#run(job, { principal, ...(session !== undefined && { session }) }), isNew: true };
  }

  get(id: string): ProvisionJob {
    const job = this.#running.get(id)?.job ?? this.#over.get(id);
    if (job === undefined)
      throw fault('JOB_UNKNOWN', `no job "${id}"`, {
        kind: 'not_found',
        hint: `the last ${this.#keep} jobs are kept; GET /api/v1/jobs lists them`,
      });
    return job;
  }

  running(id: string): RunningJob | undefined {
    return this.#running.get(id);
  }

  /** Newest first. */
  get all(): readonly ProvisionJob[] {
    return [...[...this.#running.values()].map(({ job }) => job), ...this.#over.values()].sort(
      (a, b) => b.startedAt - a.startedAt,
    );
  }

  /** Ends the work; jobs that are not over go on after the next start. */
  async close(): Promise<void> {
    for (const running of this.#running.values()) running.ending.abort(new Error('the server stops'));
    await this.#writing;
  }

  #run(job: ProvisionJob, caller: JobCaller): RunningJob {
    const running = new RunningJob(job, caller, this.#events, (changed) => this.#changed(changed));
    this.#running.set(job.id, running);
    return running;
  }

  #changed(running: RunningJob): void {
    const { job, caller } = running;
    if (running.isOver) {
      this.#running.delete(job.id);
      this.#over.set(job.id, job);
      for (const id of this.#over.keys()) {
        if (this.#over.size <= this.#keep) break;
        this.#over.delete(id);
      }
    }
    // In order, one after the other: an older state must not overwrite a newer one.
    this.#writing = this.#writing.then(() => this.#save({ job, caller }));
  }

  async #save(kept: Kept): Promise<void> {
    const { id, state, startedAt } = kept.job;
    try {
      await this.#storage.run(
        `INSERT INTO provisioner_jobs (id, state, record, started_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, record = excluded.record`,
        [id, state, JSON.stringify(kept), startedAt],
      );
    } catch (error) {
      this.#log.error('a job could not be kept; it is gone after a restart', { job: id, reason: reason(error) });
    }
  }
}
