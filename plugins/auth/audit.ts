import { setInterval as every, setImmediate as later } from 'node:timers/promises';
import { type Log, reason } from '#kernel';
import type { Migration, Storage } from '#plugins/storage/api';
import type { AuditEntry } from './api.ts';
import type { AuthConfig } from './config.ts';

const STEPS: readonly Migration[] = [
  {
    name: 'audit',
    sql: {
      sqlite: `CREATE TABLE auth_audit (id INTEGER PRIMARY KEY, at BIGINT NOT NULL, principal TEXT NOT NULL,
        action TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL, duration_ms DOUBLE PRECISION, detail TEXT);
        CREATE INDEX auth_audit_at ON auth_audit (at);`,
      postgres: `CREATE TABLE auth_audit (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at BIGINT NOT NULL,
        principal TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
        duration_ms DOUBLE PRECISION, detail TEXT);
        CREATE INDEX auth_audit_at ON auth_audit (at);`,
    },
  },
  // Ids grow with the time, so the oldest are found without it, and an index costs a third of each row's price.
  { name: 'no index', sql: 'DROP INDEX auth_audit_at' },
];

const ROW = {
  table: 'auth_audit',
  columns: ['at', 'principal', 'action', 'target', 'outcome', 'duration_ms', 'detail'],
};

const REPORT_MS = 60_000;
const CLEAN_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BATCH = 2_000;
/** One round deletes at most so many batches; the next one goes on. */
const BATCHES = 500;
/** Anybody can be refused without end, so only so many refusals a second are written one by one. */
const REFUSALS_PER_SECOND = 10;

/** Who did what, into a table where there is one, otherwise into the log. */
export class Audit {
  readonly #storage: Storage | undefined;
  readonly #config: AuthConfig['audit'];
  readonly #log: Log;
  #lost = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #refusals = { second: 0, count: 0, left: 0 };

  constructor(storage: Storage | undefined, config: AuthConfig['audit'], log: Log) {
    this.#storage = config.table ? storage : undefined;
    this.#config = config;
    this.#log = log;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!this.#storage) return;
    await this.#storage.migrate('auth', STEPS);
    void this.#cleanForEver(this.#storage, signal);
  }

  write(entry: AuditEntry): void {
    const values = [
      Date.now(),
      oneLine(entry.principal, 200),
      oneLine(entry.action, 100),
      oneLine(entry.target, 300),
      entry.outcome,
      entry.durationMs !== undefined && Number.isFinite(entry.durationMs) ? entry.durationMs : null,
      entry.detail === undefined ? null : oneLine(entry.detail, 500),
    ];
    if (!this.#storage) {
      this.#log.info('audit', Object.fromEntries(ROW.columns.map((name, at) => [name, values[at]])));
      return;
    }
    try {
      this.#storage.appendLater(ROW, values, this.#report);
    } catch (error) {
      // Nothing serves as storage at this moment.
      this.#report(error);
    }
  }

  /** A refused caller. A flood of them becomes one line a second that says how many were left out. */
  refused(code: string, target: string, principal: string): void {
    const second = Math.floor(Date.now() / 1_000);
    const { left } = this.#refusals;
    if (second !== this.#refusals.second) this.#refusals = { second, count: 0, left };
    this.#refusals.count += 1;
    if (this.#refusals.count > REFUSALS_PER_SECOND) {
      this.#refusals.left += 1;
      return;
    }
    this.#refusals.left = 0;
    const detail = left === 0 ? code : `${code} (and ${left} more before it)`;
    this.write({ principal, action: 'auth.refused', target, outcome: 'denied', detail });
  }

  readonly #report = (error: unknown): void => {
    this.#lost += 1;
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_MS) return;
    this.#log.error('audit entries lost: the database does not take them', { lost: this.#lost, error: reason(error) });
    this.#reportedAt = now;
    this.#lost = 0;
  };

  async #cleanForEver(storage: Storage, signal: AbortSignal): Promise<void> {
    try {
      await this.#clean(storage, signal);
      for await (const _ of every(CLEAN_MS, undefined, { signal, ref: false })) await this.#clean(storage, signal);
    } catch {
      // Only the end of the plugin gets here.
    }
  }

  async #clean(storage: Storage, signal: AbortSignal): Promise<void> {
    const before = Date.now() - this.#config.retentionDays * DAY_MS;
    try {
      for (let batch = 0; batch < BATCHES && !signal.aborted; batch += 1) {
        const deleted = await storage.run(
          'DELETE FROM auth_audit WHERE at < ? AND id IN (SELECT id FROM auth_audit ORDER BY id LIMIT ?)',
          [before, BATCH],
        );
        if (deleted < BATCH) return;
        await later();
      }
    } catch (error) {
      if (!signal.aborted) this.#log.warn('old audit entries not deleted', { error: reason(error) });
    }
  }
}

/** A name with a line break in it must not look like two entries. */
const oneLine = (text: string, most: number): string => {
  const short = text.length > most ? text.slice(0, most) : text;
  return CONTROL.test(short) ? short.replaceAll(CONTROLS, ' ') : short;
};
const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;
