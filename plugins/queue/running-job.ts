import { fault } from '#kernel';
import type { TakenJob } from './job-store.ts';

/** One job at work in this process. */
export class RunningJob {
  readonly taken: TakenJob;
  /** Until then nobody else takes it. */
  leaseUntil: number;
  /** Why its signal was aborted. */
  ended: 'cancelled' | 'lost' | 'stopping' | undefined;
  readonly #controller = new AbortController();

  constructor(taken: TakenJob, leaseUntil: number) {
    this.taken = taken;
    this.leaseUntil = leaseUntil;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#end('cancelled', 'JOB_CANCELLED', 'the job was cancelled');
  }
  lose(): void {
    this.#end('lost', 'JOB_LEASE_LOST', 'the lease of the job ran out; another worker may have it now');
  }
  stop(): void {
    this.#end('stopping', 'QUEUE_STOPPING', 'the worker stops; the job goes on elsewhere');
  }

  #end(how: 'cancelled' | 'lost' | 'stopping', code: string, message: string): void {
    // A lease that is lost outweighs all else: nothing more may be written.
    if (this.ended === undefined || how === 'lost') this.ended = how;
    if (!this.signal.aborted)
      this.#controller.abort(
        fault(code, `${message}: ${this.taken.job.lane}/${this.taken.job.id}`, { kind: 'cancelled' }),
      );
  }
}
