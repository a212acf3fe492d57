import { randomUUID } from 'node:crypto';
import type { Row, Storage } from '#plugins/storage/api';
import type { JobState, QueuedJob } from './api.ts';

/** A job that was taken: it may be changed by whoever has its token. */
export interface TakenJob {
  readonly job: QueuedJob;
  readonly token: string;
  /** How often it threw, and how often its worker died. */
  readonly failures: number;
  readonly lost: number;
  readonly isCancelled: boolean;
}

export type Outcome =
  | { readonly state: 'done' | 'cancelled' }
  | { readonly state: 'failed'; readonly error: string }
  /** Tried again. `isFailure`: it counts towards `attempts` of the configuration. */
  | { readonly state: 'waiting'; readonly dueAt: number; readonly isFailure: boolean; readonly error?: string };

interface JobRow extends Row {
  readonly lane: string;
  readonly id: string;
  readonly payload: string;
  readonly state: JobState;
  readonly priority: number;
  readonly place: number;
  readonly token: string | null;
  readonly cancelling: number;
  readonly attempts: number;
  readonly failures: number;
  readonly lost: number;
  readonly error: string | null;
  readonly added_at: number;
}

const COLUMNS =
  'lane, id, payload, state, priority, place, token, cancelling, attempts, failures, lost, error, added_at';
const LONGEST_ERROR = 2_000;
const FINISH = 'UPDATE queue_jobs SET state = ?, due_at = NULL, token = NULL, error = ?, ended_at = ?';
const OWN = 'WHERE lane = ? AND id = ? AND token = ?';

/** The statements: each changes jobs only from the state in which it may, so that processes need no other lock. */
export class JobTable {
  readonly #storage: Storage;
  #place = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async add(
    lane: string,
    job: { readonly id: string; readonly payload: string; readonly priority: number; readonly dueAt: number },
  ): Promise<boolean> {
    const now = Date.now();
    // In the order of arrival, also within one millisecond.
    this.#place = Math.max(this.#place + 1, now * 1_000);
    const added = await this.#storage.run(
      `INSERT INTO queue_jobs (lane, id, payload, state, priority, place, due_at, cancelling, attempts, failures, lost, added_at)
       VALUES (?, ?, ?, 'waiting', ?, ?, ?, 0, 0, 0, 0, ?) ON CONFLICT (lane, id) DO NOTHING`,
      [lane, job.id, job.payload, job.priority, this.#place, job.dueAt, now],
    );
    return added === 1;
  }

  /** `seen` counts those that were due: where another process took them first, there may be more. */
  async take(lane: string, most: number, leaseMs: number): Promise<{ seen: number; taken: readonly TakenJob[] }> {
    const now = Date.now();
    const due = await this.#storage.all<{ id: string }>(
      `SELECT id FROM queue_jobs WHERE lane = ? AND due_at IS NOT NULL AND due_at <= ?
       ORDER BY priority DESC, place LIMIT ?`,
      [lane, now, most],
    );
    if (due.length === 0) return { seen: 0, taken: [] };
    const token = randomUUID();
    const rows = await this.#storage.all<JobRow>(
      `UPDATE queue_jobs SET state = 'active', token = ?, due_at = ?, attempts = attempts + 1,
         lost = lost + CASE WHEN state = 'active' THEN 1 ELSE 0 END
       WHERE lane = ? AND due_at IS NOT NULL AND due_at <= ? AND id IN (${marks(due)}) RETURNING ${COLUMNS}`,
      [token, now + leaseMs, lane, now, ...due.map(({ id }) => id)],
    );
    rows.sort((a, b) => b.priority - a.priority || a.place - b.place);
    return { seen: due.length, taken: rows.map((row) => takenJob(row, token)) };
  }

  /** Those of them that are still held, with whether they are to be cancelled. Others took, or ended, what is missing. */
  async renew(
    lane: string,
    held: readonly TakenJob[],
    until: number,
  ): Promise<ReadonlyMap<string, { readonly isCancelled: boolean }>> {
    const rows = await this.#storage.all<{ id: string; token: string; cancelling: number }>(
      `UPDATE queue_jobs SET due_at = ? WHERE lane = ? AND id IN (${marks(held)}) AND token IN (${marks(held)})
       RETURNING id, token, cancelling`,
      [until, lane, ...held.map(({ job }) => job.id), ...held.map(({ token }) => token)],
    );
    return new Map(rows.map((row) => [heldKey(row.id, row.token), { isCancelled: row.cancelling === 1 }]));
  }

  /** False: it is not ours any more, and nothing was changed. */
  async finish({ job: { lane, id }, token }: TakenJob, outcome: Outcome): Promise<boolean> {
    const now = Date.now();
    const own = [lane, id, token];
    const error = 'error' in outcome && outcome.error !== undefined ? storable(outcome.error) : null;
    if (outcome.state !== 'waiting')
      return (await this.#storage.run(`${FINISH} ${OWN}`, [outcome.state, error, now, ...own])) === 1;
    const { dueAt, isFailure } = outcome;
    const changed = await this.#storage.run(
      `UPDATE queue_jobs SET state = CASE WHEN cancelling = 1 THEN 'cancelled' ELSE 'waiting' END,
         due_at = CASE WHEN cancelling = 1 THEN NULL ELSE CAST(? AS BIGINT) END,
         ended_at = CASE WHEN cancelling = 1 THEN CAST(? AS BIGINT) ELSE NULL END,
         token = NULL, error = ?, failures = failures + ?, attempts = attempts - ? ${OWN}`,
      [dueAt, now, error, isFailure ? 1 : 0, isFailure ? 0 : 1, ...own],
    );
    return changed === 1;
  }

  /** The state in which it was left: `active` is still to be noticed by its worker. Undefined: over, or unknown. */
  async cancel(lane: string, id: string): Promise<JobState | undefined> {
    const now = Date.now();
    // What waits has no worker, nor has what is at work beyond its lease.
    const alone = "(state = 'waiting' OR due_at <= CAST(? AS BIGINT))";
    const row = await this.#storage.get<{ state: JobState }>(
      `UPDATE queue_jobs SET cancelling = 1, state = CASE WHEN ${alone} THEN 'cancelled' ELSE state END,
         token = CASE WHEN ${alone} THEN NULL ELSE token END,
         ended_at = CASE WHEN ${alone} THEN CAST(? AS BIGINT) ELSE NULL END,
         due_at = CASE WHEN ${alone} THEN NULL ELSE due_at END
       WHERE lane = ? AND id = ? AND state IN ('waiting', 'active') RETURNING state`,
      [now, now, now, now, now, lane, id],
    );
    return row?.state;
  }

  async get(lane: string, id: string): Promise<QueuedJob | undefined> {
    const row = await this.#storage.get<JobRow>(`SELECT ${COLUMNS} FROM queue_jobs WHERE lane = ? AND id = ?`, [
      lane,
      id,
    ]);
    return row && queuedJob(row);
  }

  async counts(lane: string): Promise<Readonly<Record<JobState, number>>> {
    const rows = await this.#storage.all<{ state: JobState; n: number }>(
      'SELECT state, COUNT(*) AS n FROM queue_jobs WHERE lane = ? GROUP BY state',
      [lane],
    );
    const counts = { waiting: 0, active: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { state, n } of rows) counts[state] = Number(n);
    return counts;
  }

  /** Forgets jobs that ended before `oldest`, and of each lane all but the last `keep`. */
  async prune(oldest: number, keep: number): Promise<number> {
    const lanes = await this.#storage.all<{ lane: string }>(
      'SELECT DISTINCT lane FROM queue_jobs WHERE ended_at IS NOT NULL',
    );
    let forgotten = 0;
    for (const { lane } of lanes) {
      const beyond = await this.#storage.get<{ ended_at: number }>(
        `SELECT ended_at FROM queue_jobs WHERE lane = ? AND ended_at IS NOT NULL
         ORDER BY ended_at DESC LIMIT 1 OFFSET ${Math.trunc(keep)}`,
        [lane],
      );
      forgotten += await this.#storage.run(
        'DELETE FROM queue_jobs WHERE lane = ? AND ended_at IS NOT NULL AND ended_at <= ?',
        [lane, Math.max(oldest, beyond === undefined ? oldest : Number(beyond.ended_at))],
      );
    }
    return forgotten;
  }
}

export const heldKey = (id: string, token: string): string => `${token} ${id}`;

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');

/** PostgreSQL stores no NUL. */
const storable = (error: string): string => error.replaceAll('\0', ' ').slice(0, LONGEST_ERROR);

const queuedJob = (row: JobRow): QueuedJob => ({
  id: row.id,
  lane: row.lane,
  payload: JSON.parse(row.payload),
  state: row.state,
  attempts: Number(row.attempts),
  ...(row.error !== null && { error: row.error }),
  addedAt: Number(row.added_at),
});

const takenJob = (row: JobRow, token: string): TakenJob => ({
  job: queuedJob(row),
  token,
  failures: Number(row.failures),
  lost: Number(row.lost),
  isCancelled: row.cancelling === 1,
});
