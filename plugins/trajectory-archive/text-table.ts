import type { Sql } from '#plugins/storage/api';
import { keyOf } from './hash.ts';
import type { LongText } from './long-text.ts';
import { compressed, type PackedRun } from './packed-run.ts';
import { insertRows, runIn, selectIn } from './rows.ts';

/** A text of a batch, and how many of the batch's runs have it. */
export interface SharedText {
  readonly hash: Uint8Array;
  readonly data: Uint8Array;
  refs: number;
}

/** The texts of some runs, each compressed once. */
export class TextBatch {
  readonly #texts = new Map<string, Omit<SharedText, 'refs'>>();

  /** The bytes that came to the batch by them. */
  take(texts: readonly LongText[], level: number): number {
    let size = 0;
    for (const { key, hash, text } of texts) {
      if (this.#texts.has(key)) continue;
      const data = compressed(Buffer.from(text), level);
      this.#texts.set(key, { hash, data });
      size += data.length;
    }
    return size;
  }

  /** Writes those of these runs that are not there yet, and counts the runs that have them. The bytes that were added. */
  async write(sql: Sql, runs: readonly PackedRun[]): Promise<number> {
    const shared = new Map<string, SharedText>();
    for (const { texts } of runs)
      for (const { key } of texts) {
        const text = shared.get(key);
        if (text !== undefined) text.refs += 1;
        else shared.set(key, { ...this.#texts.get(key)!, refs: 1 });
      }
    const hashes = [...shared.values()].map(({ hash }) => hash);
    const there = await textsThere(sql, hashes);
    // Writers take turns: what is there now is there when its count is raised.
    await insertRows(
      sql,
      'archive_texts (hash, refs, data)',
      [...shared].map(([key, { hash, refs, data }]) => [hash, refs, there.has(key) ? NOTHING : data]),
      'ON CONFLICT (hash) DO UPDATE SET refs = archive_texts.refs + excluded.refs',
    );
    let added = 0;
    for (const [key, { data }] of shared) if (!there.has(key)) added += data.length;
    return added;
  }
}

/** Keys of those of these hashes whose texts are in the archive. */
export async function textsThere(sql: Sql, hashes: readonly Uint8Array[]): Promise<Set<string>> {
  const rows = await selectIn<{ hash: Uint8Array }>(
    sql,
    (marks) => `SELECT hash FROM archive_texts WHERE hash IN (${marks})`,
    hashes,
  );
  return new Set(rows.map(({ hash }) => keyOf(hash)));
}

const NOTHING = new Uint8Array();

/** One run has these texts no longer. The bytes of those that nobody has any more, which are deleted. */
export async function releaseTexts(sql: Sql, hashes: readonly Uint8Array[]): Promise<number> {
  await runIn(sql, (marks) => `UPDATE archive_texts SET refs = refs - 1 WHERE hash IN (${marks})`, hashes);
  const gone = await selectIn<{ bytes: number }>(
    sql,
    (marks) => `DELETE FROM archive_texts WHERE refs <= 0 AND hash IN (${marks}) RETURNING LENGTH(data) AS bytes`,
    hashes,
  );
  return gone.reduce((sum, { bytes }) => sum + bytes, 0);
}
