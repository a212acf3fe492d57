import { type Log, reason, type Undo } from '#kernel';
import type { Storage } from '#plugins/storage/api';

interface SweepParts {
  readonly storage: Storage;
  readonly log: Log;
  readonly maxBytes: number;
  readonly everyMs: number;
  readonly maxEntriesOf: (space: string) => number;
}

/** Deletes from the database what is over, and what is used least where there is too much. */
export class Sweep {
  readonly #parts: SweepParts;
  #entries: ReadonlyMap<string, number> = new Map();
  #written = 0;
  #running: Promise<void> | undefined;

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  watch(): Undo {
    const timer = setInterval(() => void this.run(), this.#parts.everyMs);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await this.#running;
    };
  }

  /** A burst does not wait for the time: the limit is passed by no more than a tenth. */
  written(bytes: number): void {
    this.#written += bytes;
    if (this.#written > this.#parts.maxBytes / 10) void this.run();
  }

  /** As the last sweep left it. */
  entriesOf(space: string): number {
    return this.#entries.get(space) ?? 0;
  }

  run(): Promise<void> {
    this.#written = 0;
    this.#running ??= this.#sweep()
      .catch((error: unknown) => this.#parts.log.debug('old values not deleted', { reason: reason(error) }))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #sweep(): Promise<void> {
    const { storage, maxBytes, maxEntriesOf } = this.#parts;
    await storage.run('DELETE FROM cache_entries WHERE expires_at <= ?', [Date.now()]);
    const entries = new Map<string, number>();
    let bytes = 0;
    const rows = await storage.all('SELECT space, COUNT(*) AS n, SUM(size) AS bytes FROM cache_entries GROUP BY space');
    for (const row of rows) {
      const [space, count] = [String(row.space), Number(row.n)];
      const most = maxEntriesOf(space);
      entries.set(space, Math.min(count, most));
      bytes += Number(row.bytes);
      if (count > most)
        await storage.run(
          `DELETE FROM cache_entries WHERE space = ? AND entry IN
            (SELECT entry FROM cache_entries WHERE space = ? ORDER BY used_at LIMIT ?)`,
          [space, space, count - most],
        );
    }
    this.#entries = entries;
    while (bytes > maxBytes) bytes -= await this.#deleteOldest();
  }

  async #deleteOldest(): Promise<number> {
    const rows = await this.#parts.storage.all(
      `DELETE FROM cache_entries WHERE (space, entry) IN
        (SELECT space, entry FROM cache_entries ORDER BY used_at LIMIT 100) RETURNING size`,
    );
    // None left: somebody else deleted them.
    return rows.length === 0 ? Number.POSITIVE_INFINITY : rows.reduce((sum, { size }) => sum + Number(size), 0);
  }
}
