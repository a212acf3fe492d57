import type { Sql, SqlValue, Storage } from '#plugins/storage/api';
import { chunks, placeholders } from './placeholders.ts';

export type Statement = readonly [text: string, values: readonly SqlValue[]];
export type Write = Statement | Insert;
/** A new row: those into the same table go in together. */
export interface Insert {
  /** `table (a, b)`. */
  readonly into: string;
  readonly values: readonly SqlValue[];
  /** Empty, or `ON CONFLICT ...`. */
  readonly onConflict: string;
}
const ROWS = 32;
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
  const inserts = new Map<string, Insert[]>();
  for (const { writes } of group)
    for (const write of writes) {
      if (!('into' in write)) {
        await sql.run(...write);
        continue;
      }
      const alike = inserts.get(write.into);
      if (alike === undefined) inserts.set(write.into, [write]);
      else alike.push(write);
    }
  for (const alike of inserts.values()) for (const some of chunks(alike, ROWS)) await insert(sql, some);
}

function insert(sql: Sql, rows: readonly Insert[]): Promise<number> {
  const { into, values, onConflict } = rows[0]!;
  const groups = Array<string>(rows.length).fill(placeholders(values.length)).join(', ');
  return sql.run(
    `INSERT INTO ${into} VALUES ${groups} ${onConflict}`,
    rows.flatMap((row) => row.values),
  );
}
