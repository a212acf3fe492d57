import { type Fault, fault, isFault, type Log, reason } from '#kernel';
import type { Migration, Row, Sql, SqlValue, Storage } from '#plugins/storage/api';
import type { Server, ServerHealth, ServerSpec, ToolDefinition, ToolStatistics } from './api.ts';
import { joinSecrets, splitSecrets } from './spec-secrets.ts';

const MIGRATIONS: readonly Migration[] = [
  {
    name: 'servers, manifests, health, statistics, version',
    sql: `
      CREATE TABLE tool_registry_servers (id TEXT PRIMARY KEY, spec TEXT NOT NULL, secrets TEXT NOT NULL, updated_at BIGINT NOT NULL);
      CREATE TABLE tool_registry_manifests (server TEXT PRIMARY KEY, launch TEXT NOT NULL, tools TEXT NOT NULL, info TEXT NOT NULL, seen_at BIGINT NOT NULL);
      CREATE TABLE tool_registry_health (server TEXT PRIMARY KEY, state TEXT NOT NULL, error TEXT, since BIGINT NOT NULL);
      CREATE TABLE tool_registry_statistics (
        tool TEXT PRIMARY KEY, calls BIGINT NOT NULL, ok BIGINT NOT NULL, tool_errors BIGINT NOT NULL, errors BIGINT NOT NULL,
        timeouts BIGINT NOT NULL, cancelled BIGINT NOT NULL, duration_ms_sum DOUBLE PRECISION NOT NULL,
        duration_ms_max DOUBLE PRECISION NOT NULL, result_bytes_sum BIGINT NOT NULL, last_call_at BIGINT NOT NULL);
      CREATE TABLE tool_registry_version (id INTEGER PRIMARY KEY, reserved BIGINT NOT NULL);
      INSERT INTO tool_registry_version (id, reserved) VALUES (1, 0)`,
  },
];

const COLUMNS = {
  calls: 'calls',
  ok: 'ok',
  toolErrors: 'tool_errors',
  errors: 'errors',
  timeouts: 'timeouts',
  cancelled: 'cancelled',
  durationMsSum: 'duration_ms_sum',
  durationMsMax: 'duration_ms_max',
  resultBytesSum: 'result_bytes_sum',
  lastCallAt: 'last_call_at',
} as const satisfies Record<keyof ToolStatistics, string>;
const FIELDS = Object.keys(COLUMNS) as (keyof ToolStatistics)[];

/** What a server told the last time, still as text: most of it is never looked at again. */
export interface KnownManifest {
  readonly launch: string;
  readonly tools: string;
  readonly info: string;
}
export interface Kept {
  readonly manifests: Map<string, KnownManifest>;
  readonly servers: readonly ServerSpec[];
  readonly health: Map<string, { readonly state: string; readonly error?: string; readonly since: number }>;
  readonly statistics: ReadonlyMap<string, ToolStatistics>;
}

const RETRY_MS = 2000;
const IDS_A_STATEMENT = 500;
type Write = (sql: Sql) => Promise<unknown>;

/** The registry's tables. Writes are gathered by what they are about, the newest wins, and go out in one transaction. */
export class RegistryStore {
  readonly #storage: Storage;
  readonly #log: Log;
  readonly #delayMs: number;
  #pending = new Map<string, Write>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;
  #refused = 0;

  constructor(storage: Storage, log: Log, delayMs: number) {
    this.#storage = storage;
    this.#log = log;
    this.#delayMs = delayMs;
  }

  async open(keepManifestsDays: number): Promise<Kept> {
    await this.#storage.migrate('tool_registry', MIGRATIONS);
    const oldest = Date.now() - keepManifestsDays * 86_400_000;
    await this.#storage.run('DELETE FROM tool_registry_manifests WHERE seen_at < ?', [oldest]);
    await this.#storage.run('DELETE FROM tool_registry_health WHERE since < ?', [oldest]);
    const [servers, manifests, health, statistics] = await Promise.all(
      ['servers', 'manifests', 'health', 'statistics'].map((name) =>
        this.#storage.all(`SELECT * FROM tool_registry_${name}`),
      ),
    );
    return {
      servers: servers!.map((row) => joinSecrets(String(row.spec), String(row.secrets))),
      manifests: new Map(
        manifests!.map((row) => [
          String(row.server),
          { launch: String(row.launch), tools: String(row.tools), info: String(row.info) },
        ]),
      ),
      health: new Map(
        health!.map((row) => [
          String(row.server),
          {
            state: String(row.state),
            since: Number(row.since),
            ...(row.error !== null && { error: String(row.error) }),
          },
        ]),
      ),
      statistics: statisticsOf(statistics!),
    };
  }

  /** Versions up to the answer belong to this process, whatever happens to it; returns the last one. */
  async reserveVersions(count: number): Promise<number> {
    const row = await this.#storage.get(
      'UPDATE tool_registry_version SET reserved = reserved + ? WHERE id = 1 RETURNING reserved',
      [count],
    );
    return Number(row?.reserved);
  }

  saveServer(spec: ServerSpec): void {
    const { text, secrets } = splitSecrets(spec);
    this.#later(`server ${spec.id}`, (sql) =>
      upsert(sql, 'tool_registry_servers', 'id', { id: spec.id, spec: text, secrets, updated_at: Date.now() }),
    );
  }

  dropServer(id: string): void {
    this.#later(`server ${id}`, (sql) => sql.run('DELETE FROM tool_registry_servers WHERE id = ?', [id]));
  }

  saveManifest(server: string, launch: string, tools: readonly ToolDefinition[], info: Server['info']): KnownManifest {
    const known = { launch, tools: JSON.stringify(tools), info: JSON.stringify(info) };
    this.#later(`manifest ${server}`, (sql) =>
      upsert(sql, 'tool_registry_manifests', 'server', { server, ...known, seen_at: Date.now() }),
    );
    return known;
  }

  saveHealth(server: string, { state, error, since }: ServerHealth): void {
    this.#later(`health ${server}`, (sql) =>
      upsert(sql, 'tool_registry_health', 'server', { server, state, error: error ?? null, since }),
    );
  }

  async addStatistics(sums: ReadonlyMap<string, ToolStatistics>): Promise<void> {
    const names = FIELDS.map((field) => COLUMNS[field]);
    const updates = FIELDS.map((field) => {
      const column = COLUMNS[field];
      const old = `tool_registry_statistics.${column}`;
      const newest = `CASE WHEN excluded.${column} > ${old} THEN excluded.${column} ELSE ${old} END`;
      return `${column} = ${field === 'durationMsMax' || field === 'lastCallAt' ? newest : `${old} + excluded.${column}`}`;
    });
    const statement = `INSERT INTO tool_registry_statistics (tool, ${names.join(', ')})
      VALUES (${['tool', ...names].map(() => '?').join(', ')}) ON CONFLICT (tool) DO UPDATE SET ${updates.join(', ')}`;
    await this.#storage.transaction(async (sql) => {
      for (const [tool, one] of sums) await sql.run(statement, [tool, ...FIELDS.map((field) => one[field])]);
    });
  }

  /** Of these tools, or of all. */
  async statistics(toolIds?: readonly string[]): Promise<ReadonlyMap<string, ToolStatistics>> {
    const from = 'SELECT * FROM tool_registry_statistics';
    if (toolIds === undefined) return statisticsOf(await this.#storage.all(from));
    const rows: Row[] = [];
    for (let at = 0; at < toolIds.length; at += IDS_A_STATEMENT) {
      const some = toolIds.slice(at, at + IDS_A_STATEMENT);
      rows.push(...(await this.#storage.all(`${from} WHERE tool IN (${some.map(() => '?').join(', ')})`, some)));
    }
    return statisticsOf(rows);
  }

  /** Everything that was asked for until now is on disk. */
  async saved(): Promise<void> {
    const refusedBefore = this.#refused;
    this.#flush();
    await this.#writing;
    if (this.#refused > refusedBefore)
      throw fault('REGISTRY_NOT_SAVED', 'the database refused a change of the registry', {
        kind: 'unavailable',
        hint: 'see the log for the reason; what was registered is there until the next start',
      });
    if (this.#pending.size > 0)
      throw fault('REGISTRY_NOT_SAVED', 'the registry could not be written; it is tried again', {
        kind: 'unavailable',
        hint: 'see the log for the database error',
      });
  }

  /** Writes what is left, once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.saved().catch(() => undefined);
    clearTimeout(this.#timer);
  }

  #later(about: string, write: Write): void {
    this.#pending.set(about, write);
    this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size > 0) this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const writes = this.#pending;
    this.#pending = new Map();
    try {
      await this.#storage.transaction(async (sql) => {
        for (const write of writes.values()) await write(sql);
      });
    } catch (error) {
      if (isAboutOneWrite(error)) return this.#writeEach(writes);
      this.#log.error('the registry could not be written', { reason: reason(error), changes: writes.size });
      this.#again(writes);
    }
  }

  /** One of them is refused, and would be each time: it must not keep the others from the disk. */
  async #writeEach(writes: ReadonlyMap<string, Write>): Promise<void> {
    const left = new Map<string, Write>();
    for (const [about, write] of writes) {
      try {
        await this.#storage.transaction(write);
      } catch (error) {
        if (isAboutOneWrite(error)) {
          this.#refused++;
          this.#log.error('the database refused a change of the registry', { about, reason: reason(error) });
        } else left.set(about, write);
      }
    }
    if (left.size > 0) this.#again(left);
  }

  #again(writes: ReadonlyMap<string, Write>): void {
    // Newer changes of the same thing win over those that are tried again.
    this.#pending = new Map([...writes, ...this.#pending]);
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#flush(), RETRY_MS);
  }
}

const OF_ONE_WRITE: readonly Fault['code'][] = ['STORAGE_CONSTRAINT', 'STORAGE_VALUE', 'STORAGE_STATEMENT'];
const isAboutOneWrite = (error: unknown): boolean => isFault(error) && OF_ONE_WRITE.includes(error.code);

const statisticsOf = (rows: readonly Row[]): ReadonlyMap<string, ToolStatistics> =>
  new Map(
    rows.map((row) => [
      String(row.tool),
      Object.fromEntries(FIELDS.map((field) => [field, Number(row[COLUMNS[field]])])) as unknown as ToolStatistics,
    ]),
  );

async function upsert(sql: Sql, table: string, key: string, row: Readonly<Record<string, SqlValue>>): Promise<void> {
  const names = Object.keys(row);
  const updates = names.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`);
  await sql.run(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
     ON CONFLICT (${key}) DO UPDATE SET ${updates.join(', ')}`,
    Object.values(row),
  );
}
