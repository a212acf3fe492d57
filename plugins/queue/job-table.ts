import { randomUUID } from 'node:crypto';
import type { Storage } from '#plugins/storage/api';
import type { JobState, QueuedJob } from './api.ts';
import { Endings } from './endings.ts';
import { byTurn, COLUMNS, type JobRow, pieces, queuedJob, repeated, takenJob } from './job-rows.ts';
import {
  heldKey,
  type JobStore,
  type Outcome,
  type StoredJob,
  storable,
  type TakenJob,
  type Taking,
} from './job-store.ts';
import { MIGRATIONS } from './tables.ts';

/** Rows in one INSERT, and in one renewal. */
const CHUNK = 64;
/** Rows between which others have their turn. */
const BREATH = 1_024;
const MOST_ROWS = 1_000_000_000;
const NOT_PAUSED = 'NOT EXISTS (SELECT 1 FROM queue_paused AS p WHERE p.lane = ?)';

/** Jobs in the database of `storage`. */
export class JobTable implements JobStore {
  readonly trouble = undefined;
  readonly #storage: Storage;
  readonly #leaseMs: number;
  readonly #endings: Endings;
  #place = 0;

  constructor(storage: Storage, leaseMs: number) {
    this.#storage = storage;
    this.#leaseMs = leaseMs;
    this.#endings = new Endings(storage);
  }

  open(): Promise<void> {
    return this.#storage.migrate('queue', MIGRATIONS);
  }
  async close(): Promise<void> {}

  async add(lane: string, jobs: readonly StoredJob[]): Promise<number> {
    const now = Date.now();
    const placed = jobs.map((job) => ({ job, place: this.#nextPlace(now) }));
    if (placed.length === 1) return this.#insert(this.#storage, lane, now, placed);
    // In one order for all: processes that add the same jobs wait for each other, and not in a circle.
    placed.sort((a, b) => (a.job.id < b.job.id ? -1 : 1));
    return this.#storage.transaction(async (sql) => {
      let added = 0;
      for (let at = 0; at < placed.length; at += BREATH) {
        if (at > 0) await new Promise((resolve) => setImmediate(resolve));
        for (const piece of pieces(placed.slice(at, at + BREATH), CHUNK))
          added += await this.#insert(sql, lane, now, piece);
      }
      return added;
    });
  }

  #insert(
    sql: Pick<Storage, 'run'>,
    lane: string,
    now: number,
    jobs: readonly { readonly job: StoredJob; readonly place: number }[],
  ): Promise<number> {
    return sql.run(
      `INSERT INTO queue_jobs (lane, id, payload, state, priority, place, due_at, cancelling, attempts, failures, lost, added_at)
       VALUES ${repeated("(?, ?, ?, 'waiting', ?, ?, ?, 0, 0, 0, 0, ?)", jobs.length)} ON CONFLICT (lane, id) DO NOTHING`,
      jobs.flatMap(({ job, place }) => [lane, job.id, job.payload, job.priority, place, fromNow(job.dueAt, now), now]),
    );
  }

  /** In the order of arrival, also within one millisecond. */
  #nextPlace(now: number): number {
    this.#place = Math.max(this.#place + 1, now * 1_000);
    return this.#place;
  }

  async take(lane: string, most: number): Promise<Taking> {
    const nextAt = await this.#promote(lane);
    const next = nextAt === undefined ? {} : { nextAt };
    const due = await this.#storage.all<{ id: string }>(
      `SELECT id FROM queue_jobs WHERE lane = ? AND due_at = 0 AND ${NOT_PAUSED} ORDER BY priority DESC, place LIMIT ?`,
      [lane, lane, most],
    );
    if (due.length === 0) return { seen: 0, taken: [], ...next };
    const token = randomUUID();
    const rows = await this.#storage.all<JobRow>(
      `UPDATE queue_jobs SET state = 'active', token = ?, due_at = ?, attempts = attempts + 1,
         lost = lost + CASE WHEN state = 'active' THEN 1 ELSE 0 END
       WHERE lane = ? AND due_at = 0 AND ${NOT_PAUSED} AND id IN (${repeated('?', due.length)}) RETURNING ${COLUMNS}`,
      [token, Date.now() + this.#leaseMs, lane, lane, ...due.map(({ id }) => id)],
    );
    rows.sort(byTurn);
    return { seen: due.length, taken: rows.map((row) => takenJob(row, token)), ...next };
  }

  /** Makes what has become due so, and gives the time of the next one. */
  async #promote(lane: string): Promise<number | undefined> {
    for (;;) {
      const text = 'SELECT MIN(due_at) AS at FROM queue_jobs WHERE lane = ? AND due_at > 0';
      const first = (await this.#storage.get<{ at: number | null }>(text, [lane]))?.at;
      const now = Date.now();
      if (first == null || first > now) return first ?? undefined;
      const changed = await this.#storage.run(
        'UPDATE queue_jobs SET due_at = 0 WHERE lane = ? AND due_at > 0 AND due_at <= ?',
        [lane, now],
      );
      if (changed === 0) return undefined;
    }
  }

  async renew(
    lane: string,
    held: readonly TakenJob[],
  ): Promise<ReadonlyMap<string, { readonly isCancelled: boolean }>> {
    const mine = new Map<string, { readonly isCancelled: boolean }>();
    for (const piece of pieces(held, CHUNK)) {
      const rows = await this.#storage.all<{ id: string; token: string; cancelling: number }>(
        `UPDATE queue_jobs SET due_at = ? WHERE lane = ? AND state = 'active'
           AND (id, token) IN (VALUES ${repeated('(?, ?)', piece.length)}) RETURNING id, token, cancelling`,
        [Date.now() + this.#leaseMs, lane, ...piece.flatMap(({ job, token }) => [job.id, token])],
      );
      for (const row of rows) mine.set(heldKey(row.id, row.token), { isCancelled: row.cancelling === 1 });
    }
    return mine;
  }

  async finish(taken: TakenJob, outcome: Outcome): Promise<boolean> {
    if (outcome.state !== 'waiting') return this.#endings.add(taken, outcome);
    const { dueAt, isFailure, error } = outcome;
    const { job, token } = taken;
    const now = Date.now();
    const changed = await this.#storage.run(
      `UPDATE queue_jobs SET state = CASE WHEN cancelling = 1 THEN 'cancelled' ELSE 'waiting' END,
         due_at = CASE WHEN cancelling = 1 THEN NULL ELSE CAST(? AS BIGINT) END,
         ended_at = CASE WHEN cancelling = 1 THEN CAST(? AS BIGINT) ELSE NULL END,
         token = NULL, error = ?, failures = failures + ?, attempts = attempts - ?
       WHERE lane = ? AND id = ? AND token = ? AND state = 'active'`,
      [
        ...[fromNow(dueAt, now), now, error === undefined ? null : storable(error)],
        ...[isFailure ? 1 : 0, isFailure ? 0 : 1, job.lane, job.id, token],
      ],
    );
    return changed === 1;
  }

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
    const text = `SELECT ${COLUMNS} FROM queue_jobs WHERE lane = ? AND id = ?`;
    const row = await this.#storage.get<JobRow>(text, [lane, id]);
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

  async setPaused(lane: string, isPaused: boolean): Promise<void> {
    await this.#storage.run(
      isPaused
        ? 'INSERT INTO queue_paused (lane) VALUES (?) ON CONFLICT (lane) DO NOTHING'
        : 'DELETE FROM queue_paused WHERE lane = ?',
      [lane],
    );
  }
  async paused(lane: string): Promise<boolean> {
    return (await this.#storage.get('SELECT lane FROM queue_paused WHERE lane = ?', [lane])) !== undefined;
  }

  async failed(lane: string, limit: number): Promise<readonly QueuedJob[]> {
    const rows = await this.#storage.all<JobRow>(
      `SELECT ${COLUMNS} FROM queue_jobs WHERE lane = ? AND state = 'failed' ORDER BY ended_at DESC, place DESC LIMIT ?`,
      [lane, limit],
    );
    return rows.map(queuedJob);
  }

  retry(lane: string, id: string | undefined): Promise<number> {
    const one = id === undefined ? [] : [id];
    return this.#storage.run(
      `UPDATE queue_jobs SET state = 'waiting', due_at = 0, ended_at = NULL, token = NULL, cancelling = 0, attempts = 0,
         failures = 0, lost = 0, error = NULL
       WHERE lane = ? AND state = 'failed'${id === undefined ? '' : ' AND id = ?'}`,
      [lane, ...one],
    );
  }

  async prune(oldest: number, keep: number): Promise<number> {
    const lanes = await this.#storage.all<{ lane: string }>(
      'SELECT DISTINCT lane FROM queue_jobs WHERE ended_at IS NOT NULL',
    );
    let forgotten = 0;
    for (const { lane } of lanes) {
      forgotten += await this.#storage.run(
        'DELETE FROM queue_jobs WHERE lane = ? AND ended_at IS NOT NULL AND ended_at <= ?',
        [lane, oldest],
      );
      forgotten += await this.#storage.run(
        `DELETE FROM queue_jobs WHERE lane = ? AND ended_at IS NOT NULL AND id IN (SELECT id FROM queue_jobs
         WHERE lane = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC, place DESC LIMIT ${MOST_ROWS} OFFSET ?)`,
        [lane, lane, keep],
      );
    }
    return forgotten;
  }
}

/** 0: at once. */
const fromNow = (dueAt: number, now: number): number => (dueAt > now ? dueAt : 0);
