import type { Row, Storage } from '#plugins/storage/api';
import type { BadRecord } from './api.ts';
import { hashOf, keyOf } from './hash.ts';
import { column, insertRows, selectIn } from './rows.ts';
import type { Writers } from './writing.ts';

interface BadRow extends Row {
  readonly file: string;
  readonly place: number;
  readonly bytes_hash: string;
  readonly code: string;
  readonly reason: string;
  readonly at: number;
}

/**
 * Records that are none, each once by its file, its place in it, and its bytes. They are looked at again when they come again:
 * what is none by itself may be a line of a session elsewhere, or be read by a later version.
 */
export class Quarantine {
  readonly #storage: Storage;
  readonly #writers: Writers;

  constructor(storage: Storage, writers: Writers) {
    this.#storage = storage;
    this.#writers = writers;
  }

  async add(records: readonly BadRecord[]): Promise<void> {
    if (records.length === 0) return;
    const byId = new Map(
      records.map((record) => {
        const id = hashOf(`${record.file}\n${record.offset}\n${record.bytesHash}`);
        return [keyOf(id), { id, record }];
      }),
    );
    await this.#writers.write(byId.size + 1, async ({ sql, tally, number }) => {
      const there = await selectIn<{ id: Uint8Array }>(
        sql,
        (marks) => `SELECT id FROM archive_quarantine WHERE id IN (${marks})`,
        [...byId.values()].map(({ id }) => id),
      );
      for (const { id } of there) byId.delete(keyOf(id));
      if (byId.size === 0) return;
      await insertRows(
        sql,
        'archive_quarantine (id, n, file, place, bytes_hash, code, reason, at)',
        [...byId.values()].map(({ id, record: { file, offset, bytesHash, code, reason, at } }) => [
          id,
          number(),
          column(file),
          offset,
          column(bytesHash),
          column(code),
          column(reason),
          at,
        ]),
      );
      tally.count('quarantined', byId.size);
    });
  }

  async all(): Promise<BadRecord[]> {
    const rows = await this.#storage.all<BadRow>(
      'SELECT file, place, bytes_hash, code, reason, at FROM archive_quarantine ORDER BY n',
    );
    return rows.map(({ file, place, bytes_hash, code, reason, at }) => ({
      file,
      offset: place,
      bytesHash: bytes_hash,
      code,
      reason,
      at,
    }));
  }
}
