import { type Fault, fault, isFault } from '#kernel';
import type { SqlValue } from './api.ts';
import type { StorageConfig } from './config.ts';
import type { Driver, Insert } from './driver.ts';
import { Shapes } from './insert.ts';
import { bindOne } from './values.ts';

interface Waiting extends Insert {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Groups rows of many callers into one commit. A row that the database refuses costs only itself. */
export class Append {
  readonly #driver: Driver;
  readonly #config: StorageConfig;
  readonly #shapes = new Shapes();
  #waiting: Waiting[] = [];
  #committing = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(driver: Driver, config: StorageConfig) {
    this.#driver = driver;
    this.#config = config;
  }

  /** Rows that are not yet committed. */
  get pending(): number {
    return this.#waiting.length + this.#committing;
  }

  add(table: string, row: Readonly<Record<string, SqlValue>>): Promise<void> {
    const { appendMaxPending, appendFlushMs, appendFlushRows } = this.#config;
    if (this.pending >= appendMaxPending)
      throw fault('STORAGE_BUSY', `${this.pending} appended rows wait for ${this.#driver.place} already`, {
        kind: 'unavailable',
        hint: 'the database is slower than what is written to it; storage.appendMaxPending is the limit',
      });
    const shape = this.#shapes.get(table, Object.keys(row));
    const values = Object.values(row);
    for (let at = 0; at < values.length; at += 1) bindOne(values[at]!, at);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ shape, values, resolve, reject });
      if (this.#running) return;
      if (this.#waiting.length >= appendFlushRows) void this.flush();
      else this.#timer ??= setTimeout(() => void this.flush(), appendFlushMs);
    });
  }

  /** Resolves when every row added before is committed or refused. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#commitAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Rows that come while a commit runs make up the next one. */
  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#config.appendFlushRows);
      this.#committing = group.length;
      await this.#commit(group);
      this.#committing = 0;
    }
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#driver.insert(group);
      for (const row of group) row.resolve();
    } catch (error) {
      if (group.length === 1 || !isAboutOneRow(error)) {
        for (const row of group) row.reject(error);
        return;
      }
      // Halves find the bad row in few commits, and keep the good ones.
      const middle = group.length >> 1;
      await this.#commit(group.slice(0, middle));
      await this.#commit(group.slice(middle));
    }
  }
}

const OF_ONE_ROW: readonly Fault['code'][] = ['STORAGE_CONSTRAINT', 'STORAGE_VALUE', 'STORAGE_STATEMENT'];
const isAboutOneRow = (error: unknown): boolean => isFault(error) && OF_ONE_ROW.includes(error.code);
