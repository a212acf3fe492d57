import { AsyncLocalStorage } from 'node:async_hooks';
import { fault, type Health, type Log, reason } from '#kernel';
import type { Migration, Row, RowShape, Sql, SqlValue, Storage } from './api.ts';
import { Append } from './append.ts';
import type { StorageConfig } from './config.ts';
import type { Driver } from './driver.ts';
import { isUnreachable, isUnwritable } from './faults.ts';
import { migrate } from './migrate.ts';

/** The service: one driver, with what both dialects have in common around it. */
export class Database implements Storage {
  readonly #driver: Driver;
  readonly #log: Log;
  readonly #append: Append;
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>();
  #lost: { readonly why: string; readonly readable: boolean } | undefined;
  #opened = false;

  constructor(driver: Driver, config: StorageConfig, log: Log) {
    this.#driver = driver;
    this.#log = log;
    this.#append = new Append(driver, config, (error) => this.#noted(error, true));
  }

  get dialect(): Storage['dialect'] {
    return this.#driver.dialect;
  }

  async start(): Promise<void> {
    await this.#driver.open();
    this.#opened = true;
    this.#log.info('database opened', { dialect: this.dialect, place: this.#driver.place });
  }

  async stop(): Promise<void> {
    if (!this.#opened) return;
    this.#opened = false;
    await this.#append.flush();
    await this.#driver.close();
  }

  health(): Health {
    return {
      ok: this.#lost === undefined,
      detail: {
        dialect: this.dialect,
        place: this.#driver.place,
        pendingRows: this.#append.pending,
        ...(this.#lost !== undefined && { error: this.#lost.why }),
      },
    };
  }

  all<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R[]> {
    return this.#watched(() => this.#driver.all<R>(statement, values));
  }
  get<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R | undefined> {
    return this.#watched(() => this.#driver.get<R>(statement, values));
  }
  run(statement: string, values?: readonly SqlValue[]): Promise<number> {
    return this.#watched(() => this.#driver.run(statement, values), true);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#watched(() => {
      const here = { open: true };
      const ended = () => {
        here.open = false;
      };
      const result = this.#driver.transaction((sql) => this.#inside.run(here, () => work(sql)));
      result.then(ended, ended);
      return result;
    }, true);
  }

  async migrate(owner: string, steps: readonly Migration[]): Promise<void> {
    const applied = await this.#watched(() => migrate(this.#driver, owner, steps));
    if (applied > 0) this.#log.info('tables brought up to date', { owner, steps: applied });
  }

  append(table: string, row: Readonly<Record<string, SqlValue>>): Promise<void> {
    return this.#append.add(table, row);
  }
  appendLater(row: RowShape, values: readonly SqlValue[], lost: (error: unknown) => void): void {
    this.#append.addLater(row, values, lost);
  }

  /** Waiting for the database inside a transaction would wait for that transaction itself. */
  async #watched<T>(work: () => Promise<T>, writes = false): Promise<T> {
    if (this.#inside.getStore()?.open)
      throw fault('STORAGE_TRANSACTION', 'a transaction is open here, and it must do the work', {
        hint: 'use the `sql` that `transaction` gave you',
      });
    try {
      const result = await work();
      this.#noted(undefined, writes);
      return result;
    } catch (error) {
      this.#noted(error, writes);
      throw error;
    }
  }

  /** A full disk can still be read: only a write that succeeds says that there is space again. */
  #noted(error: unknown, wrote: boolean): void {
    if (isUnreachable(error) || isUnwritable(error)) {
      this.#lost = { why: reason(error), readable: !isUnreachable(error) };
    } else if (error === undefined && (wrote || this.#lost?.readable === false)) this.#lost = undefined;
  }
}
