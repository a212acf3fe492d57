import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Fault, fault, isFault } from '#kernel';
import type { RowShape, SqlValue } from './api.ts';
import type { StorageConfig } from './config.ts';
import type { Driver, Insert, Shape } from './driver.ts';
import { Shapes } from './insert.ts';
import { bindOne } from './values.ts';

interface Waiting extends Insert {
  readonly lost: (error: unknown) => void;
  /** Only where somebody waits for it. */
  readonly stored?: () => void;
}

/** Groups rows of many callers into one commit. A row that the database refuses costs only itself. */
export class Append {
  readonly #driver: Driver;
  readonly #config: StorageConfig;
  /** Told of each group: what went wrong, or undefined. */
  readonly #committed: (error: unknown) => void;
  readonly #shapes = new Shapes();
  #waiting: Waiting[] = [];
  #committing = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(driver: Driver, config: StorageConfig, committed: (error: unknown) => void) {
    this.#driver = driver;
    this.#config = config;
    this.#committed = committed;
  }

  /** Rows that are not yet committed. */
  get pending(): number {
    return this.#waiting.length + this.#committing;
  }

  /** Resolves when the row is committed. */
  async add(table: string, row: Readonly<Record<string, SqlValue>>): Promise<void> {
    const shape = this.#shapes.get(table, Object.keys(row));
    const values = this.#bound(shape, Object.values(row));
    await new Promise<void>((stored, lost) => {
      this.#enqueue({ shape, values, stored, lost }, this.#config.appendFlushMs);
    });
  }

  /** Never throws: whatever goes wrong, `lost` is told. */
  addLater(row: RowShape, given: readonly SqlValue[], lost: (error: unknown) => void): void {
    try {
      const shape = this.#shapes.of(row);
      const values = this.#bound(shape, given);
      this.#enqueue({ shape, values, lost }, this.#config.appendLaterMs);
    } catch (error) {
      lost(error);
    }
  }

  /** Resolves when every row added before is committed or refused. */
  async flush(): Promise<void> {
    while (this.pending > 0) await (this.#running ?? this.#run());
  }

  #bound(shape: Shape, given: readonly SqlValue[]): SqlValue[] {
    const { appendMaxPending } = this.#config;
    if (this.pending >= appendMaxPending)
      throw fault('STORAGE_BUSY', `${this.pending} appended rows wait for ${this.#driver.place} already`, {
        kind: 'unavailable',
        hint: 'the database is slower than what is written to it; storage.appendMaxPending is the limit',
      });
    const { length } = shape.columns;
    if (given.length !== length)
      throw fault('STORAGE_VALUE', `a row of ${shape.table} has ${length} values, ${given.length} were given`, {
        kind: 'invalid',
      });
    const values: SqlValue[] = [];
    for (let at = 0; at < length; at += 1) values.push(bindOne(given[at]!, at));
    return values;
  }

  #enqueue(row: Waiting, withinMs: number): void {
    this.#waiting.push(row);
    if (this.#waiting.length >= this.#config.appendFlushRows) this.#schedule(0);
    else this.#schedule(withinMs);
  }

  /** One timer, for whoever is in the greatest hurry. While a commit runs, its end sees to what came meanwhile. */
  #schedule(withinMs: number): void {
    if (this.#running !== undefined || withinMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = withinMs;
    this.#timer = setTimeout(() => void this.#run(), withinMs);
  }

  #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timerMs = Number.POSITIVE_INFINITY;
    this.#running = this.#commitWaiting().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length === 0) return;
      const full = this.#waiting.length >= this.#config.appendFlushRows;
      const hurry = this.#waiting.some((row) => row.stored !== undefined);
      this.#schedule(full ? 0 : hurry ? this.#config.appendFlushMs : this.#config.appendLaterMs);
    });
    return this.#running;
  }

  /** Rows that come meanwhile wait for the next time: else each of them would have a commit of its own. */
  async #commitWaiting(): Promise<void> {
    for (let left = this.#waiting.length; left > 0; ) {
      const group = this.#waiting.splice(0, Math.min(left, this.#config.appendFlushRows));
      left -= group.length;
      this.#committing = group.length;
      await this.#commit(group);
      this.#committing = 0;
      // The embedded database writes in this thread: between groups others have their turn.
      if (left > 0) await nextTurn();
    }
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#driver.insert(group);
      this.#committed(undefined);
      for (const row of group) row.stored?.();
    } catch (error) {
      if (group.length === 1 || !isAboutOneRow(error)) {
        this.#committed(error);
        for (const row of group) row.lost(error);
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
