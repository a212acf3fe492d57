import type { Storage } from '#plugins/storage/api';
import type { Quantised } from './vectors.ts';

/** So many rows are read, written or deleted with one statement. */
export const ROWS = 500;
/** The scale, before the bytes. */
const SCALE_BYTES = 4;

const marks = (count: number): string => new Array(count).fill('?').join(', ');

/** Vectors in the database, by model and hash of the text: what was embedded once is not embedded again. */
export class VectorTable {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Of at most ROWS hashes. */
  async read(model: string, hashes: readonly string[]): Promise<Map<string, Quantised>> {
    const rows = await this.#storage.all<{ hash: string; vector: Uint8Array }>(
      `SELECT hash, vector FROM tool_search_vectors WHERE model = ? AND hash IN (${marks(hashes.length)})`,
      [model, ...hashes],
    );
    return new Map(rows.map(({ hash, vector }) => [hash, unpacked(vector)]));
  }

  async write(model: string, vectors: ReadonlyMap<string, Quantised>): Promise<void> {
    const now = Date.now();
    await this.#storage.transaction(async (sql) => {
      for (const [hash, vector] of vectors)
        await sql.run(
          `INSERT INTO tool_search_vectors (model, hash, vector, used_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (model, hash) DO UPDATE SET vector = excluded.vector, used_at = excluded.used_at`,
          [model, hash, packed(vector), now],
        );
    });
  }

  /** Notes that these are in use, then deletes what was not in use for so long, some rows at a time. */
  async sweep(model: string, used: readonly string[], keepMs: number): Promise<number> {
    const now = Date.now();
    // Noted long before it would be deleted, and not with each start.
    const noted = now - keepMs / 2;
    for (let from = 0; from < used.length; from += ROWS) {
      const hashes = used.slice(from, from + ROWS);
      await this.#storage.run(
        `UPDATE tool_search_vectors SET used_at = ? WHERE model = ? AND used_at <= ? AND hash IN (${marks(hashes.length)})`,
        [now, model, Math.floor(noted), ...hashes],
      );
    }
    for (let deleted = 0; ; ) {
      const some = await this.#storage.run(
        `DELETE FROM tool_search_vectors WHERE (model, hash) IN
          (SELECT model, hash FROM tool_search_vectors WHERE used_at < ? ORDER BY used_at LIMIT ?)`,
        [now - keepMs, ROWS],
      );
      deleted += some;
      if (some < ROWS) return deleted;
    }
  }
}

function packed({ bytes, scale }: Quantised): Uint8Array {
  const row = new Uint8Array(SCALE_BYTES + bytes.length);
  new DataView(row.buffer).setFloat32(0, scale, true);
  row.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), SCALE_BYTES);
  return row;
}

function unpacked(row: Uint8Array): Quantised {
  const scale = new DataView(row.buffer, row.byteOffset, SCALE_BYTES).getFloat32(0, true);
  return {
    scale,
    bytes: Int8Array.from(new Int8Array(row.buffer, row.byteOffset + SCALE_BYTES, row.length - SCALE_BYTES)),
  };
}
