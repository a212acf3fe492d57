import type { Storage } from '#plugins/storage/api';
import { repeated } from './job-rows.ts';
import { heldKey, type Outcome, storable, type TakenJob } from './job-store.ts';

interface Ending {
  readonly taken: TakenJob;
  readonly outcome: Exclude<Outcome, { readonly state: 'waiting' }>;
  readonly ended: (isOurs: boolean) => void;
  readonly failed: (error: unknown) => void;
}

const MOST = 64;

/** The ends of jobs: those of one moment share a statement, and so a commit. Each is told when it is on disk. */
export class Endings {
  readonly #storage: Storage;
  #waiting: Ending[] = [];
  #isWriting = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** False: it is not ours any more. */
  add(taken: TakenJob, outcome: Ending['outcome']): Promise<boolean> {
    return new Promise((ended, failed) => {
      this.#waiting.push({ taken, outcome, ended, failed });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const byLane = Map.groupBy(this.#waiting, ({ taken }) => taken.job.lane);
      this.#waiting = [];
      for (const [lane, endings] of byLane)
        for (let at = 0; at < endings.length; at += MOST) await this.#write(lane, endings.slice(at, at + MOST));
    }
    this.#isWriting = false;
  }

  async #write(lane: string, endings: readonly Ending[]): Promise<void> {
    try {
      const rows = await this.#storage.all<{ id: string; token: string }>(
        `UPDATE queue_jobs SET state = e.column3, error = e.column4, due_at = NULL, ended_at = CAST(? AS BIGINT)
         FROM (VALUES ${repeated('(?, ?, ?, ?)', endings.length)}) AS e
         WHERE queue_jobs.lane = ? AND queue_jobs.id = e.column1 AND queue_jobs.token = e.column2
         RETURNING queue_jobs.id, queue_jobs.token`,
        [Date.now(), ...endings.flatMap(({ taken, outcome }) => valuesOf(taken, outcome)), lane],
      );
      const ours = new Set(rows.map(({ id, token }) => heldKey(id, token)));
      for (const { taken, ended } of endings) ended(ours.has(heldKey(taken.job.id, taken.token)));
    } catch (error) {
      for (const { failed } of endings) failed(error);
    }
  }
}

const valuesOf = ({ job, token }: TakenJob, outcome: Ending['outcome']): (string | null)[] => [
  job.id,
  token,
  outcome.state,
  'error' in outcome ? storable(outcome.error) : null,
];
