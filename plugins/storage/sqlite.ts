import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '#kernel';
import type { Row, SqlValue } from './api.ts';
import type { StorageConfig } from './config.ts';
import type { Driver, Insert, Script, Shape } from './driver.ts';
import { SQLITE_BUSY, sqliteCode, sqliteFault, unwritable } from './faults.ts';
import { insertStatement } from './insert.ts';
import { keepPrivate, OWN_FOLDER } from './private-file.ts';
import { Statements } from './statement.ts';
import { OpenTransaction, within } from './transaction.ts';
import { Turn } from './turn.ts';
import { type Bound, bind, plainIntegers } from './values.ts';

interface Prepared {
  readonly statement: StatementSync;
  /** Whether SQLite's count of changes belongs to it. */
  readonly changes: boolean;
}

/** SQLite blocks the process while it waits for a lock, so it waits this long; the rest of the wait is ours. */
const BLOCKING_WAIT_MS = 20;
const PREPARED_LIMIT = 500;
/** Rows in one INSERT; more of them save nothing that can be measured. SQLite takes 32,766 values in a statement. */
const CHUNK = 20;
const WIDE = 1_000;

/** The embedded database. One connection; transactions and whatever comes meanwhile take turns. */
export class SqliteDriver implements Driver {
  readonly dialect = 'sqlite';
  readonly place: string;
  readonly #config: StorageConfig;
  readonly #statements = new Statements();
  readonly #prepared = new Map<string, Prepared>();
  readonly #insertTexts = new WeakMap<Shape, { readonly one: string; readonly chunk: string }>();
  readonly #turn = new Turn();
  readonly #now: Script;
  #database: DatabaseSync | undefined;

  constructor(config: StorageConfig) {
    this.#config = config;
    this.place = resolve(config.dir, 'datapresso.db');
    this.#now = {
      all: async <R extends Row>(text: string, values: readonly SqlValue[] = []) => this.#all(text, values) as R[],
      get: async <R extends Row>(text: string, values: readonly SqlValue[] = []) =>
        this.#all(text, values)[0] as R | undefined,
      run: async (text, values = []) => this.#run(text, values),
      script: async (text) => this.#attempt(() => this.#open().exec(text), text),
    };
  }

  async open(): Promise<void> {
    const { dir, synchronous } = this.#config;
    try {
      makeFolder(resolve(dir));
    } catch (error) {
      throw unwritable(resolve(dir), error);
    }
    const { DatabaseSync } = await import('node:sqlite');
    keepPrivate(this.place);
    const database = this.#attempt(
      () => new DatabaseSync(this.place, { timeout: BLOCKING_WAIT_MS, enableForeignKeyConstraints: true }),
    );
    this.#database = database;
    try {
      // Reads the header, so that a file of another kind is refused before anything is written.
      await this.#patiently(() => database.exec('PRAGMA schema_version'));
      await this.#patiently(() => database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`));
      // What is deleted is gone from the file too, not only from the tables.
      await this.#patiently(() => database.exec('PRAGMA secure_delete = ON'));
      // A file that cannot be written is found now, not at the first write.
      await this.#patiently(() => database.exec('BEGIN IMMEDIATE; ROLLBACK'));
    } catch (error) {
      this.#database = undefined;
      database.close();
      throw sqliteFault(error, this.place);
    }
  }

  async close(): Promise<void> {
    await this.#turn.drained();
    const database = this.#database;
    this.#database = undefined;
    this.#prepared.clear();
    database?.close();
  }

  async all<R extends Row = Row>(text: string, values: readonly SqlValue[] = []): Promise<R[]> {
    return this.#whenFree(() => this.#all(text, values) as R[]);
  }
  async get<R extends Row = Row>(text: string, values: readonly SqlValue[] = []): Promise<R | undefined> {
    return this.#whenFree(() => this.#all(text, values)[0] as R | undefined);
  }
  async run(text: string, values: readonly SqlValue[] = []): Promise<number> {
    return this.#whenFree(() => this.#run(text, values));
  }

  transaction<T>(work: (sql: Script) => Promise<T>): Promise<T> {
    return this.#turn.take(async () => {
      await this.#patiently(() => this.#open().exec('BEGIN IMMEDIATE'));
      const sql = new OpenTransaction(this.#now);
      try {
        const result = await within(this.#config.transactionTimeoutMs, work(sql));
        sql.open = false;
        this.#attempt(() => this.#open().exec('COMMIT'));
        return result;
      } catch (error) {
        this.#rollback();
        throw error;
      } finally {
        sql.open = false;
      }
    });
  }

  /** BEGIN IMMEDIATE holds the file's write lock already. */
  async lockMigrations(): Promise<void> {}

  insert(rows: readonly Insert[]): Promise<void> {
    return this.#turn.take(async () => {
      await this.#patiently(() => this.#open().exec('BEGIN IMMEDIATE'));
      try {
        this.#insertAll(rows);
        this.#attempt(() => this.#open().exec('COMMIT'));
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  /** Neighbours of one shape go in together: one statement of many rows costs less than many of one. */
  #insertAll(rows: readonly Insert[]): void {
    for (let at = 0; at < rows.length; ) {
      const { shape } = rows[at]!;
      const most = shape.columns.length > WIDE ? 1 : CHUNK;
      let end = at + 1;
      while (end < at + most && end < rows.length && rows[end]!.shape === shape) end += 1;
      if (end - at < most) end = at + 1;
      const text = this.#insertText(shape, end - at);
      const values: SqlValue[] = [];
      for (; at < end; at += 1) values.push(...rows[at]!.values);
      this.#attempt(() => this.#prepare(text).statement.run(...(values as Bound[])), text);
    }
  }

  #insertText(shape: Shape, rows: number): string {
    let texts = this.#insertTexts.get(shape);
    if (texts === undefined) {
      texts = { one: insertStatement(shape), chunk: insertStatement(shape, CHUNK) };
      this.#insertTexts.set(shape, texts);
    }
    return rows === 1 ? texts.one : texts.chunk;
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    throw fault('STORAGE_CLOSED', 'the database is not open', { kind: 'unavailable' });
  }

  #all(text: string, values: readonly SqlValue[]): Row[] {
    const bound = this.#bound(text, values);
    const rows = this.#attempt(() => this.#prepare(text).statement.all(...bound), text);
    for (const row of rows) plainIntegers(row);
    return rows;
  }

  #run(text: string, values: readonly SqlValue[]): number {
    const bound = this.#bound(text, values);
    return this.#attempt(() => {
      const { statement, changes } = this.#prepare(text);
      const result = statement.run(...bound);
      return changes ? Number(result.changes) : 0;
    }, text);
  }

  #bound(text: string, values: readonly SqlValue[]): Bound[] {
    return bind(this.#statements.get(text), values);
  }

  #prepare(text: string): Prepared {
    let prepared = this.#prepared.get(text);
    if (prepared === undefined) {
      const statement = this.#open().prepare(text);
      statement.setReadBigInts(true);
      prepared = { statement, changes: /^\s*(?:insert|update|delete|replace|with)\b/i.test(text) };
      if (this.#prepared.size >= PREPARED_LIMIT) this.#prepared.clear();
      this.#prepared.set(text, prepared);
    }
    return prepared;
  }

  #attempt<T>(work: () => T, text?: string): T {
    try {
      return work();
    } catch (error) {
      throw sqliteFault(error, this.place, text);
    }
  }

  #rollback(): void {
    // A full disk rolls back by itself, and then there is nothing left to roll back.
    if (this.#database?.isTransaction) this.#attempt(() => this.#open().exec('ROLLBACK'));
  }

  #whenFree<T>(work: () => T): T | Promise<T> {
    if (!this.#turn.free) return this.#turn.take(() => this.#patiently(work));
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      return this.#turn.take(() => this.#patiently(work));
    }
  }

  /** Tries again while another process holds the file, without blocking this one. */
  async #patiently<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + this.#config.busyTimeoutMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw sqliteFault(error, this.place);
        await sleep(5 + Math.random() * 20);
      }
    }
  }
}

const isBusy = (error: unknown): boolean =>
  sqliteCode(error) === SQLITE_BUSY || sqliteCode((error as Error).cause) === SQLITE_BUSY;

/** Node's own `recursive` never returns where the system denies that the parent exists, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, OWN_FOLDER);
  } catch (error) {
    // Another process that starts at the same time made it.
    if (!existsSync(path)) throw error;
  }
}
