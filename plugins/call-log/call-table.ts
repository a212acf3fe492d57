import type { Migration, Storage } from '#plugins/storage/api';
import type { CallLogConfig } from './config.ts';

const MIGRATIONS: readonly Migration[] = [
  {
    name: 'calls with a key',
    sql: `
      CREATE TABLE call_log_calls (
        principal TEXT NOT NULL, call_key TEXT NOT NULL, asked TEXT NOT NULL, arguments TEXT NOT NULL, tool TEXT NOT NULL,
        begun_at BIGINT NOT NULL, done_at BIGINT, outcome TEXT, bytes BIGINT NOT NULL,
        PRIMARY KEY (principal, call_key));
      CREATE INDEX call_log_calls_done ON call_log_calls (done_at);
      CREATE INDEX call_log_calls_begun ON call_log_calls (begun_at)`,
  },
];

/** A key belongs to the principal that sent it. */
export interface CallPlace {
  readonly principal: string;
  readonly key: string;
}

/** What was asked for under a key. */
export interface Asked {
  /** The tool as the caller named it. */
  readonly asked: string;
  /** Digest of the arguments and the session. */
  readonly arguments: string;
  /** Id of the tool, as far as it is known. */
  readonly tool: string | undefined;
}

export interface KeptCall extends Asked {
  readonly tool: string;
  /** Not there: it was begun, and nobody knows how it ended. */
  readonly doneAt: number | undefined;
  /** JSON; not there where it was too large, or there was no more room. */
  readonly outcome: string | undefined;
  readonly bytes: number;
}

interface CallRow {
  readonly asked: string;
  readonly arguments: string;
  readonly tool: string;
  readonly done_at: number | null;
  readonly outcome: string | null;
  readonly bytes: number;
  readonly [column: string]: unknown;
}

const OF = 'WHERE principal = ? AND call_key = ?';

/** Calls with a key, as they are kept over restarts. Every promise resolves when the row is on disk. */
export class CallTable {
  readonly #storage: Storage;
  readonly #limits: CallLogConfig;

  constructor(storage: Storage, limits: CallLogConfig) {
    this.#storage = storage;
    this.#limits = limits;
  }

  prepare(): Promise<void> {
    return this.#storage.migrate('call_log', MIGRATIONS);
  }

  async read({ principal, key }: CallPlace): Promise<KeptCall | undefined> {
    const row = await this.#storage.get<CallRow>(
      `SELECT asked, arguments, tool, done_at, outcome, bytes FROM call_log_calls ${OF}`,
      [principal, key],
    );
    if (row === undefined) return undefined;
    const { asked, arguments: args, tool, done_at, outcome, bytes } = row;
    return { asked, arguments: args, tool, doneAt: done_at ?? undefined, outcome: outcome ?? undefined, bytes };
  }

  /** False where the key is taken already. */
  async begin({ principal, key }: CallPlace, asked: Asked, tool: string): Promise<boolean> {
    const rows = await this.#storage.run(
      `INSERT INTO call_log_calls (principal, call_key, asked, arguments, tool, begun_at, bytes)
       VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (principal, call_key) DO NOTHING`,
      [principal, key, asked.asked, asked.arguments, tool, Date.now()],
    );
    return rows === 1;
  }

  async finish({ principal, key }: CallPlace, outcome: string): Promise<void> {
    const bytes = Buffer.byteLength(outcome);
    const kept = bytes <= this.#limits.maxOutcomeBytes ? outcome : null;
    await this.#storage.run(`UPDATE call_log_calls SET done_at = ?, outcome = ?, bytes = ? ${OF}`, [
      Date.now(),
      kept,
      bytes,
      principal,
      key,
    ]);
  }

  /** The call had no effect, or may be made again without harm: its key is free. */
  async forget({ principal, key }: CallPlace): Promise<void> {
    await this.#storage.run(`DELETE FROM call_log_calls ${OF}`, [principal, key]);
  }

  /** Takes out what is too old or too much, the oldest first; a call that may still run is not too much. */
  async sweep(): Promise<void> {
    const { keepMs, maxCalls, maxBytes } = this.#limits;
    const before = Date.now() - keepMs;
    await this.#storage.run('DELETE FROM call_log_calls WHERE begun_at < ? AND (done_at IS NULL OR done_at < ?)', [
      before,
      before,
    ]);
    await this.#storage.run(
      `DELETE FROM call_log_calls WHERE done_at <= (
         SELECT done_at FROM call_log_calls WHERE done_at IS NOT NULL ORDER BY done_at DESC LIMIT 1 OFFSET ?)`,
      [maxCalls],
    );
    await this.#storage.run(
      `UPDATE call_log_calls SET outcome = NULL WHERE done_at <= (
         SELECT MAX(done_at) FROM (
           SELECT done_at, SUM(bytes) OVER (ORDER BY done_at DESC) AS total FROM call_log_calls WHERE outcome IS NOT NULL
         ) AS newest WHERE total > ?)`,
      [maxBytes],
    );
  }
}
