import { type Events, isFault, reason } from '#kernel';
import {
  INSTALL_PROGRESS,
  type InstallProgress,
  type InstallStep,
  type ProvisionCaller,
  type ProvisionJob,
} from './api.ts';
import { needKey } from './need.ts';

export const isOver = ({ state }: ProvisionJob): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** Who asked, as far as it is kept: policy counts by it also after a restart. */
export type JobCaller = Pick<ProvisionCaller, 'principal' | 'session'>;

/** One job with what its work needs; `job` is replaced by each change, so that what was given out stays as it was. */
export class RunningJob {
  readonly key: string;
  readonly caller: JobCaller;
  readonly ending = new AbortController();
  readonly #changed: (job: RunningJob) => void;
  readonly #events: Events;
  #job: ProvisionJob;
  readonly #watchers = new Set<(step: InstallProgress) => void>();
  #wake: (() => void)[] = [];

  constructor(job: ProvisionJob, caller: JobCaller, events: Events, changed: (job: RunningJob) => void) {
    this.key = needKey(job.need);
    this.caller = caller;
    this.#job = job;
    this.#events = events;
    this.#changed = changed;
  }

  get job(): ProvisionJob {
    return this.#job;
  }
  get isOver(): boolean {
    return isOver(this.#job);
  }

  /** Another state of the job, told to everybody who watches. */
  update(change: Partial<ProvisionJob>, message: string): void {
    this.#job = { ...this.#job, ...change };
    this.tell({ step: this.#job.stage, message });
    this.#changed(this);
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }

  tell(step: InstallStep, server?: string): void {
    const { id, stage, state } = this.#job;
    const progress = { ...step, job: id, stage, state, at: Date.now(), ...(server !== undefined && { server }) };
    this.#events.publish(INSTALL_PROGRESS, progress);
    for (const watcher of this.#watchers) watcher(progress);
  }

  watch(watcher: (step: InstallProgress) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Resolves when it is over or waits for a person; at the latest after `ms`, or when the caller is gone. */
  async settled(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const until = Date.now() + ms;
    while (!this.isOver && this.#job.state !== 'waiting_approval' && !signal?.aborted) {
      const left = until - Date.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, left);
        signal?.addEventListener('abort', done);
        this.#wake.push(done);
      });
    }
  }
}

/** A failure as a job tells it. */
export function jobError(error: unknown): NonNullable<ProvisionJob['error']> {
  if (!isFault(error)) return { code: 'PROVISION_FAILED', message: reason(error) };
  return { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}
