import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { Sql, Storage } from '#plugins/storage/api';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

type Config = Parameters<typeof storagePlugin.config.parse>[0] & object;

const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the storage tests is left out (apt-get install postgresql)');

/** The same promises on both dialects: `on` is a test where the dialect's database is installed. */
export function onBothDialects(what: string, body: (bench: ReturnType<typeof openBench>) => void): void {
  describe.each([
    { dialect: 'sqlite' as const, available: true },
    { dialect: 'postgres' as const, available: postgresFound },
  ])(`storage on $dialect: ${what}`, ({ dialect, available }) => body(openBench(dialect, available)));
}

function openBench(dialect: Storage['dialect'], available: boolean) {
  let server: Postgres | undefined;
  let place: Config;
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (!available) return;
    if (server) place = { url: await server.createDatabase() };
    else {
      const dir = mkdtempSync(join(tmpdir(), 'storage-'));
      folders.push(dir);
      place = { dir };
    }
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const open = async (config: Config = {}) => {
    const opened = await openPlugin(storagePlugin, { ...place, ...config });
    closing.push(opened.close);
    return { ...opened, storage: opened.plugin.storage };
  };
  const notes = async (storage: Storage) => {
    await storage.migrate('notes', [
      { name: 'table', sql: 'CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT, score DOUBLE PRECISION)' },
    ]);
    return storage;
  };
  const count = async (sql: Sql) => Number((await sql.get('SELECT COUNT(*) AS n FROM notes'))?.n);
  const on = available ? test : test.skip;
  return { dialect, on, open, notes, count };
}
