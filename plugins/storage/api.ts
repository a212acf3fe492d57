import { type Token, token } from '#kernel';

export { Gathered } from './gathered.ts';

export type SqlValue = string | number | bigint | boolean | null | Uint8Array;
export type Row = Readonly<Record<string, unknown>>;

/**
 * One database for every plugin: an embedded SQLite file by default, PostgreSQL by URL. The same statements run on both:
 * placeholders are `?`, upserts are `INSERT ... ON CONFLICT`, JSON is text, times are integers (ms since 1970).
 */
export interface Sql {
  /** Rows of a SELECT, or of a statement with RETURNING. Integers come back as number while they fit in 53 bits. */
  all<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R[]>;
  get<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R | undefined>;
  /** How many rows were changed. */
  run(statement: string, values?: readonly SqlValue[]): Promise<number>;
}

export interface Storage extends Sql {
  readonly dialect: 'sqlite' | 'postgres';
  /** All or nothing; rolled back when `work` throws. Transactions of one process do not interleave on SQLite. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * Brings the tables of one owner up to date; each step runs once and in order, recorded under `owner`. Call it in `start`.
   * Table names begin with the owner's name. Fails with STORAGE_NEWER when the database knows more steps than this code:
   * a newer version wrote it, and nothing is touched.
   */
  migrate(owner: string, steps: readonly Migration[]): Promise<void>;
  /**
   * Writes that may be grouped: the row is durable when the promise resolves, many rows share one commit.
   * For logs and statistics on hot paths.
   */
  append(table: string, row: Readonly<Record<string, SqlValue>>): Promise<void>;
  /**
   * `append` for hot paths that do not wait: no promise, and a longer wait for company. Keep `row` and use it again.
   * `values` are in the order of its columns. Never throws; `lost` is called with the reason for each row that is not stored.
   */
  appendLater(row: RowShape, values: readonly SqlValue[], lost: (error: unknown) => void): void;
}

export interface RowShape {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface Migration {
  readonly name: string;
  /** One or more statements; `{ sqlite, postgres }` where the dialects differ. */
  readonly sql: string | { readonly sqlite: string; readonly postgres: string };
}

export const STORAGE: Token<Storage> = token<Storage>('storage');
