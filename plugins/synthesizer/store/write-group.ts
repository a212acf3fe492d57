import type { Sql, SqlValue, Storage } from '#plugins/storage/api';

export type Write = readonly [statement: string, values: readonly SqlValue[]];
/** Most writes that share a transaction, so that none waits for long. */
const LARGEST = 200;

interface Waiting {
  readonly writes: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes of jobs that end at about the same time share one transaction: each of them is whole, or not there at all. */
export class WriteGroup {
  readonly #storage: Storage;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Durable when it resolves. */
  write(writes: readonly Write[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      // Company comes within the same turn of the loop.
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.#waiting.splice(0, LARGEST);
      try {
        await this.#storage.transaction((sql) => run(sql, group));
        for (const each of group) each.resolve();
      } catch {
        await this.#oneByOne(group);
      }
    }
    this.#busy = false;
  }

  /** One that cannot be written must not take the others with it. */
  async #oneByOne(group: readonly Waiting[]): Promise<void> {
    for (const each of group)
      await this.#storage.transaction((sql) => run(sql, [each])).then(each.resolve, each.reject);
  }
}

async function run(sql: Sql, group: readonly Waiting[]): Promise<void> {
  for (const { writes } of group) for (const [statement, values] of writes) await sql.run(statement, values);
}
