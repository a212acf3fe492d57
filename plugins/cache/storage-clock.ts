import { randomUUID } from 'node:crypto';
import type { Storage } from '#plugins/storage/api';
import type { Reading, TagClock } from './clock.ts';

/** The clock of everybody who shares the database. */
export class StorageClock implements TagClock {
  readonly #storage: Storage;
  readonly #maxTags: number;
  #database = '';

  constructor(storage: Storage, maxTags: number) {
    this.#storage = storage;
    this.#maxTags = maxTags;
  }

  /** Which database this is, wherever it is reached from. */
  get database(): string {
    return this.#database;
  }

  async open(): Promise<void> {
    await this.#storage.run(
      'INSERT INTO cache_clock (id, database, epoch, ticks) VALUES (1, ?, ?, 0) ON CONFLICT (id) DO NOTHING',
      [randomUUID(), randomUUID()],
    );
    this.#database = String((await this.#storage.get('SELECT database FROM cache_clock WHERE id = 1'))?.database);
  }

  async read(tags: readonly string[]): Promise<Reading> {
    // One statement, so that ticks and tags are of one moment.
    const newest = tags.length === 0 ? '0' : `(SELECT MAX(tick) FROM cache_tags WHERE tag IN (${list(tags)}))`;
    const row = await this.#storage.get(`SELECT epoch, ticks, ${newest} AS newest FROM cache_clock WHERE id = 1`, tags);
    return {
      epoch: String(row?.epoch),
      ticks: Number(row?.ticks),
      newest: Number(row?.newest ?? 0),
      database: this.#database,
    };
  }

  async bump(tags: readonly string[]): Promise<void> {
    await this.#storage.transaction(async (sql) => {
      const row = await sql.get('UPDATE cache_clock SET ticks = ticks + 1 WHERE id = 1 RETURNING ticks');
      const known = Number((await sql.get('SELECT COUNT(*) AS n FROM cache_tags'))?.n);
      if (known + tags.length > this.#maxTags) {
        await sql.run('DELETE FROM cache_tags');
        await sql.run('UPDATE cache_clock SET epoch = ? WHERE id = 1', [randomUUID()]);
      }
      for (const tag of tags)
        await sql.run(
          'INSERT INTO cache_tags (tag, tick) VALUES (?, ?) ON CONFLICT (tag) DO UPDATE SET tick = excluded.tick',
          [tag, Number(row?.ticks)],
        );
    });
  }
}

const list = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
