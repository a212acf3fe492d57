import { EventEmitter } from 'node:events';
import type { KeyvStoreAdapter } from 'keyv';
import type { Storage } from '#plugins/storage/api';

/** Reads note the use of a value no more often than this: the order of use needs no more. */
const NOTE_USE_MS = 60_000;

/** The values of one space in the database, as keyv wants a store. */
export class StorageStore extends EventEmitter implements KeyvStoreAdapter {
  readonly opts = {};
  readonly #storage: Storage;
  readonly #space: string;
  readonly #written: (bytes: number) => void;

  constructor(storage: Storage, space: string, written: (bytes: number) => void) {
    super();
    this.#storage = storage;
    this.#space = space;
    this.#written = written;
  }

  async get<V>(key: string): Promise<V | undefined> {
    const at = [this.#space, key];
    const row = await this.#storage.get('SELECT value, used_at FROM cache_entries WHERE space = ? AND entry = ?', at);
    if (row === undefined) return undefined;
    const now = Date.now();
    if (now - Number(row.used_at) > NOTE_USE_MS)
      await this.#storage.run('UPDATE cache_entries SET used_at = ? WHERE space = ? AND entry = ?', [now, ...at]);
    return row.value as V;
  }

  async set(key: string, text: string, ttl?: number): Promise<void> {
    const now = Date.now();
    const size = Buffer.byteLength(text);
    await this.#storage.run(
      `INSERT INTO cache_entries (space, entry, value, size, used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (space, entry) DO UPDATE SET value = excluded.value, size = excluded.size,
        used_at = excluded.used_at, expires_at = excluded.expires_at`,
      [this.#space, key, text, size, now, ttl === undefined ? null : now + ttl],
    );
    this.#written(size);
  }

  async delete(key: string): Promise<boolean> {
    const at = [this.#space, key];
    return (await this.#storage.run('DELETE FROM cache_entries WHERE space = ? AND entry = ?', at)) > 0;
  }

  async clear(): Promise<void> {
    await this.#storage.run('DELETE FROM cache_entries WHERE space = ?', [this.#space]);
  }
}
