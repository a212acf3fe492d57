import type { Sql, Storage } from '#plugins/storage/api';
import type { Erased } from './api.ts';
import { Tally } from './tally.ts';

/** One transaction of a writer, who is alone until its end. */
export interface Writing {
  readonly sql: Sql;
  readonly tally: Tally;
  /** Never given before; what is written later has a larger one. */
  number(): number;
  /** Told to all who listen once it is true. */
  readonly erased: Erased[];
}

/**
 * Gives writers their turn, in this process and over all of them: the row that numbers come from is locked to the end of the
 * transaction, so that numbers appear in their order. Whoever reads those above the last one that he saw misses none.
 */
export class Writers {
  readonly #storage: Storage;
  readonly #tell: (erased: Erased) => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(storage: Storage, tell: (erased: Erased) => void) {
    this.#storage = storage;
    this.#tell = tell;
  }

  /** `numbers`: how many it needs at most. */
  write<T>(numbers: number, work: (writing: Writing) => Promise<T>): Promise<T> {
    // One at a time takes one connection, however many wait.
    const turn = this.#last.then(() => this.#write(numbers, work));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #write<T>(numbers: number, work: (writing: Writing) => Promise<T>): Promise<T> {
    const erased: Erased[] = [];
    const result = await this.#storage.transaction(async (sql) => {
      const row = await sql.get<{ n: number }>(
        "UPDATE archive_counts SET n = n + ? WHERE name = 'number' RETURNING n",
        [numbers],
      );
      let next = row!.n - numbers;
      const tally = new Tally();
      const result = await work({ sql, tally, erased, number: () => ++next });
      await tally.write(sql);
      return result;
    });
    for (const each of erased) this.#tell(each);
    return result;
  }
}
