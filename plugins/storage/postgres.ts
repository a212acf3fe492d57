import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { fault, isFault, type Log } from '#kernel';
import type { Row, SqlValue } from './api.ts';
import type { StorageConfig } from './config.ts';
import type { Driver, Insert, Script, Shape } from './driver.ts';
import { isUnreachable, postgresFault } from './faults.ts';
import { insertStatement } from './insert.ts';
import { postgresTypes } from './postgres-types.ts';
import { readUrl } from './postgres-url.ts';
import { Statements } from './statement.ts';
import { OpenTransaction, within } from './transaction.ts';
import { bind } from './values.ts';

type Queryable = Pick<Pool, 'query'> | Pick<PoolClient, 'query'>;

/** Any number will do, as long as every version takes the same one. */
const MIGRATION_LOCK = 1_684_108_385;
const RETRY_MS = 200;
/** The protocol counts parameters in 16 bits. */
const MOST_PARAMETERS = 60_000;

export class PostgresDriver implements Driver {
  readonly dialect = 'postgres';
  readonly place: string;
  readonly #config: StorageConfig;
  readonly #log: Log;
  readonly #statements = new Statements();
  #pool: Pool | undefined;

  constructor(config: StorageConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.place = readUrl(config.url);
  }

  async open(): Promise<void> {
    const { url, poolMax, connectTimeoutMs, idleTimeoutMs, statementTimeoutMs } = this.#config;
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      connectionString: url,
      max: poolMax,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // For a server that does not answer at all; its own limit comes first.
      query_timeout: statementTimeoutMs + 1_000,
      application_name: 'datapresso',
      types: postgresTypes(pg.types),
    });
    // Connections break when nobody uses them, too; without a listener that would end the process.
    pool.on('error', (error) =>
      this.#log.warn('database connection lost', { place: this.place, error: error.message }),
    );
    pool.on('connect', (client) => client.on('error', () => {}));
    this.#pool = pool;
    try {
      await this.#firstConnection(performance.now() + connectTimeoutMs);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** PostgreSQL may be starting beside us. */
  async #firstConnection(deadline: number): Promise<void> {
    for (;;) {
      try {
        await this.run('SELECT 1');
        return;
      } catch (error) {
        const mayCome = isUnreachable(error) && !/password|authentication|does not exist|role/i.test(String(error));
        if (!mayCome || performance.now() + RETRY_MS >= deadline) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  async all<R extends Row = Row>(text: string, values: readonly SqlValue[] = []): Promise<R[]> {
    return (await this.#query(this.#open(), text, values)).rows as R[];
  }
  async get<R extends Row = Row>(text: string, values: readonly SqlValue[] = []): Promise<R | undefined> {
    return (await this.#query(this.#open(), text, values)).rows[0] as R | undefined;
  }
  async run(text: string, values: readonly SqlValue[] = []): Promise<number> {
    return changed(await this.#query(this.#open(), text, values));
  }

  async transaction<T>(work: (sql: Script) => Promise<T>): Promise<T> {
    const client = await this.#client();
    const sql = new OpenTransaction(this.#on(client));
    let broken = false;
    try {
      await this.#query(client, 'BEGIN', []);
      const result = await within(this.#config.transactionTimeoutMs, work(sql));
      sql.open = false;
      await this.#query(client, 'COMMIT', []);
      return result;
    } catch (error) {
      sql.open = false;
      broken = !(await this.#rollback(client, error));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async lockMigrations(sql: Script): Promise<void> {
    await sql.all('SELECT pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
  }

  async insert(rows: readonly Insert[]): Promise<void> {
    const byShape = new Map<Shape, (readonly SqlValue[])[]>();
    for (const { shape, values } of rows) {
      const list = byShape.get(shape);
      if (list) list.push(values);
      else byShape.set(shape, [values]);
    }
    const batches = [...byShape].flatMap(([shape, list]) => inBatches(shape, list));
    const only = batches.length === 1 ? batches[0] : undefined;
    if (only) await this.run(only.text, only.values);
    else
      await this.transaction(async (sql) => {
        for (const { text, values } of batches) await sql.run(text, values);
      });
  }

  #open(): Pool {
    if (this.#pool) return this.#pool;
    throw fault('STORAGE_CLOSED', 'the database is not open', { kind: 'unavailable' });
  }

  async #client(): Promise<PoolClient> {
    const pool = this.#open();
    try {
      return await pool.connect();
    } catch (error) {
      throw this.#noConnection(pool, error);
    }
  }

  #on(client: PoolClient): Script {
    return {
      all: async <R extends Row>(text: string, values: readonly SqlValue[] = []) =>
        (await this.#query(client, text, values)).rows as R[],
      get: async <R extends Row>(text: string, values: readonly SqlValue[] = []) =>
        (await this.#query(client, text, values)).rows[0] as R | undefined,
      run: async (text, values = []) => changed(await this.#query(client, text, values)),
      script: async (text) => {
        try {
          await client.query(text);
        } catch (error) {
          throw postgresFault(error, this.place, text);
        }
      },
    };
  }

  async #query(on: Queryable, text: string, values: readonly SqlValue[]): Promise<QueryResult> {
    const statement = this.#statements.get(text);
    const bound = bind(statement, values);
    try {
      return await on.query(statement.numbered, bound);
    } catch (error) {
      if (on === this.#pool) throw this.#noConnection(this.#pool, error, text);
      throw postgresFault(error, this.place, text);
    }
  }

  #noConnection(pool: Pool, error: unknown, text?: string) {
    // pg says the same words for a silent server and for a pool whose connections are all in use.
    if (String(error).includes('timeout exceeded when trying to connect') && pool.totalCount >= this.#config.poolMax)
      return fault('STORAGE_BUSY', `all ${pool.totalCount} connections to ${this.place} are in use`, {
        kind: 'unavailable',
        hint: 'raise storage.poolMax, or look for transactions that take long',
      });
    return postgresFault(error, this.place, text);
  }

  /** False when the connection is of no more use. After a timeout something may still run on it. */
  async #rollback(client: PoolClient, why: unknown): Promise<boolean> {
    if (isFault(why) && why.code === 'STORAGE_TIMEOUT') return false;
    try {
      await client.query('ROLLBACK');
      return true;
    } catch {
      return false;
    }
  }
}

const changed = ({ command, rowCount }: QueryResult): number => (command === 'SELECT' ? 0 : (rowCount ?? 0));

function inBatches(shape: Shape, list: readonly (readonly SqlValue[])[]) {
  const size = Math.max(1, Math.floor(MOST_PARAMETERS / shape.columns.length));
  const batches: { readonly text: string; readonly values: readonly SqlValue[] }[] = [];
  for (let at = 0; at < list.length; at += size) {
    const part = list.slice(at, at + size);
    batches.push({ text: insertStatement(shape, part.length), values: part.flat() });
  }
  return batches;
}
