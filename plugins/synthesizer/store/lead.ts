import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '#kernel';
import type { Sql, Storage } from '#plugins/storage/api';

const NAME = 'plan';
const SHARE = 3;

interface Held {
  readonly [column: string]: unknown;
  readonly owner: string;
  readonly until: number;
  readonly term: number;
}

/**
 * One process at a time reads, clusters and decides; all work jobs. Whoever was silent for too long (killed, frozen) is
 * followed by another, and finds its own writes refused when it wakes: `guard` belongs into each of its transactions.
 */
export class Lead {
  readonly #storage: Storage;
  readonly #leadMs: number;
  readonly #owner = `${os.hostname()}/${process.pid}/${randomUUID()}`;
  #term = 0;

  constructor(storage: Storage, leadMs: number) {
    this.#storage = storage;
    this.#leadMs = leadMs;
  }

  /** Waits for its turn. The signal given to `work` aborts with LEAD_LOST where another has taken over. */
  async hold<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    while (!(await this.#take())) await sleep(this.#leadMs / SHARE / SHARE, undefined, { signal });
    const lost = new AbortController();
    const beat = setInterval(() => {
      this.#renew().catch((error: unknown) => lost.abort(error));
    }, this.#leadMs / SHARE);
    try {
      return await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      clearInterval(beat);
      await this.#leave().catch(() => undefined);
    }
  }

  /** Faults with LEAD_LOST, so that the transaction it stands in is rolled back. */
  async guard(sql: Sql): Promise<void> {
    const own = await sql.run('UPDATE synthesizer_lead SET until = ? WHERE name = ? AND owner = ? AND term = ?', [
      Date.now() + this.#leadMs,
      NAME,
      this.#owner,
      this.#term,
    ]);
    if (own === 0) throw fault('LEAD_LOST', 'another process plans now', { kind: 'conflict' });
  }

  async #take(): Promise<boolean> {
    return this.#storage.transaction(async (sql) => {
      const now = Date.now();
      await sql.run(
        `INSERT INTO synthesizer_lead (name, owner, until, term) VALUES (?, '', 0, 0) ON CONFLICT (name) DO NOTHING`,
        [NAME],
      );
      const held = await sql.get<Held>('SELECT owner, until, term FROM synthesizer_lead WHERE name = ?', [NAME]);
      if (held === undefined || (Number(held.until) >= now && isAlive(held.owner))) return false;
      const term = Number(held.term) + 1;
      const taken = await sql.run(
        'UPDATE synthesizer_lead SET owner = ?, until = ?, term = ? WHERE name = ? AND term = ?',
        [this.#owner, now + this.#leadMs, term, NAME, term - 1],
      );
      if (taken > 0) this.#term = term;
      return taken > 0;
    });
  }

  async #renew(): Promise<void> {
    await this.#storage.transaction((sql) => this.guard(sql));
  }

  async #leave(): Promise<void> {
    await this.#storage.run('UPDATE synthesizer_lead SET until = 0 WHERE name = ? AND owner = ? AND term = ?', [
      NAME,
      this.#owner,
      this.#term,
    ]);
  }
}

/** Of a process of this machine it can be told at once; of others only by their silence. */
function isAlive(owner: string): boolean {
  const [host, pid] = owner.split('/');
  if (host !== os.hostname()) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
