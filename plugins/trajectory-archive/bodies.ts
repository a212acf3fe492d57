import { fault } from '#kernel';
import type { Row, Storage } from '#plugins/storage/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { textOf, unpack } from './body.ts';
import { hashesIn, keyOf } from './hash.ts';
import { selectIn } from './rows.ts';
import { TextCache } from './text-cache.ts';

interface BodyRow extends Row {
  readonly id: string;
  readonly texts: Uint8Array;
  readonly data: Uint8Array;
}

/** Whole runs, put together again. */
export class Bodies {
  readonly #storage: Storage;
  readonly #cache: TextCache;

  constructor(storage: Storage, cacheCharacters: number) {
    this.#storage = storage;
    this.#cache = new TextCache(cacheCharacters);
  }

  /** By id; those that are not there (any more) are left out. */
  async read(ids: readonly string[]): Promise<Map<string, ImportedRun>> {
    const runs = new Map<string, ImportedRun>();
    const lacking = await this.#read(ids, runs);
    // Erased between the two statements, most likely: then they are not there now.
    const lost = lacking.length === 0 ? [] : await this.#read(lacking, runs);
    if (lost.length > 0)
      throw fault('TRAJECTORY_DAMAGED', `texts of ${lost.length} runs are lost, the first is "${lost[0]}"`, {
        hint: 'erase them, or restore the database from a copy',
      });
    return runs;
  }

  /** Those of which a text was not found. */
  async #read(ids: readonly string[], runs: Map<string, ImportedRun>): Promise<string[]> {
    const rows = await selectIn<BodyRow>(
      this.#storage,
      (marks) =>
        `SELECT r.id, b.texts, b.data FROM archive_runs r JOIN archive_bodies b ON b.seq = r.seq WHERE r.id IN (${marks})`,
      ids,
    );
    const texts = await this.#texts(rows);
    const lacking: string[] = [];
    for (const { id, texts: hashes, data } of rows) {
      const keys = [...hashesIn(hashes)].map(keyOf);
      if (keys.every((key) => texts.has(key)))
        runs.set(
          id,
          unpack(data, (index) => texts.get(keys[index]!)!),
        );
      else lacking.push(id);
    }
    return lacking;
  }

  async #texts(rows: readonly BodyRow[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    const wanted = new Map<string, Uint8Array>();
    for (const row of rows)
      for (const hash of hashesIn(row.texts)) {
        const key = keyOf(hash);
        const text = texts.get(key) ?? this.#cache.get(key);
        if (text === undefined) wanted.set(key, hash);
        else texts.set(key, text);
      }
    const found = await selectIn<{ hash: Uint8Array; data: Uint8Array }>(
      this.#storage,
      (marks) => `SELECT hash, data FROM archive_texts WHERE hash IN (${marks})`,
      [...wanted.values()],
    );
    for (const { hash, data } of found) {
      const key = keyOf(hash);
      const text = textOf(data);
      texts.set(key, text);
      this.#cache.put(key, text);
    }
    return texts;
  }
}
