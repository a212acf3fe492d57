import type { Storage } from '#plugins/storage/api';
import type { FilePosition } from '#plugins/trajectory-formats/api';
import { hashOf } from './hash.ts';
import { column, insertRows } from './rows.ts';

/**
 * Where the reading of each file ended. Paths may be longer than a key can be: the key is their hash. Those that are set at
 * the same time are written together.
 */
export class Positions {
  readonly #storage: Storage;
  #waiting = new Map<string, FilePosition>();
  #written: Promise<void> | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async get(file: string): Promise<FilePosition | undefined> {
    const row = await this.#storage.get<{ position: string }>('SELECT position FROM archive_positions WHERE id = ?', [
      hashOf(file),
    ]);
    return row === undefined ? undefined : (JSON.parse(row.position) as FilePosition);
  }

  set(file: string, position: FilePosition): Promise<void> {
    this.#waiting.set(file, position);
    // All that is set before others have their turn.
    this.#written ??= Promise.resolve().then(() => {
      this.#written = undefined;
      const positions = [...this.#waiting];
      this.#waiting = new Map();
      return this.#write(positions);
    });
    return this.#written;
  }

  async #write(positions: readonly (readonly [string, FilePosition])[]): Promise<void> {
    const rows = positions.map(([file, position]) => [hashOf(file), column(file), JSON.stringify(position)]);
    const write = (sql: Pick<Storage, 'run' | 'all' | 'get'>): Promise<void> =>
      insertRows(
        sql,
        'archive_positions (id, file, position)',
        rows,
        'ON CONFLICT (id) DO UPDATE SET position = excluded.position',
      );
    await (rows.length === 1 ? write(this.#storage) : this.#storage.transaction(write));
  }
}
