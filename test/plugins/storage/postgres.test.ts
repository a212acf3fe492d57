import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

const PASSWORD = 'hunter2-very-secret';

const refusal = async (url: string, config = {}) => {
  const error: unknown = await openPlugin(storagePlugin, { url, connectTimeoutMs: 400, ...config }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { code, message, hint } = error as { code: string; message: string; hint: string };
  expect(`${message} ${hint} ${String((error as Error).cause)} ${(error as Error).stack}`).not.toContain(PASSWORD);
  return { code, message };
};

test('a URL that is none is refused, and its password never shown', async () => {
  for (const url of [
    `mysql://u:${PASSWORD}@h/db`,
    `${PASSWORD}`,
    `postgres://u:${PASSWORD}%zz@h/db`,
    `postgres://[${PASSWORD}`,
  ])
    expect(await refusal(url)).toMatchObject({ code: 'STORAGE_URL' });
});

describe('a server that does not answer', () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
  });
  afterAll(() => void silent.close());

  test('is named within the time limit', async () => {
    const { port } = silent.address() as { port: number };
    const begun = performance.now();
    const found = await refusal(`postgres://u:${PASSWORD}@127.0.0.1:${port}/db`);
    expect(found).toMatchObject({
      code: 'STORAGE_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}/db`),
    });
    expect(await refusal(`postgres://u:${PASSWORD}@127.0.0.1:1/db`)).toMatchObject({ code: 'STORAGE_UNREACHABLE' });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe.skipIf(findPostgres() === undefined)('a real server', () => {
  let server: Postgres;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => server.stop());

  const open = async (config = {}) => {
    const url = await server.createDatabase();
    const opened = await openPlugin(storagePlugin, { url, ...config });
    closing.push(opened.close);
    return { ...opened, storage: opened.plugin.storage, url };
  };

  test('an unknown database is refused at once', async () => {
    expect(await refusal(`postgres://tester:${PASSWORD}@127.0.0.1:${server.port}/nowhere`)).toMatchObject({
      code: 'STORAGE_UNREACHABLE',
      message: expect.stringContaining('"nowhere" does not exist'),
    });
  });

  test('a statement that takes too long is stopped by the server', async () => {
    const { storage } = await open({ statementTimeoutMs: 100 });
    await expect(storage.all('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: 'STORAGE_TIMEOUT' });
    expect(await storage.get('SELECT 1 AS one')).toEqual({ one: 1 });
  });

  test('more work than connections waits, and is refused after the limit', async () => {
    const { storage } = await open({ poolMax: 2, connectTimeoutMs: 800 });
    const slow = () => storage.all('SELECT pg_sleep(0.2)');
    await Promise.all([slow(), slow(), storage.all('SELECT 1')]);
    const hold = Array.from({ length: 2 }, () => storage.all('SELECT pg_sleep(1.8)'));
    await expect(storage.all('SELECT 1')).rejects.toMatchObject({ code: 'STORAGE_BUSY', kind: 'unavailable' });
    await Promise.all(hold);
  });

  test('connections that the server ends harm nobody, and the next statement works', async () => {
    const { storage, plugin, lines, url } = await open();
    await storage.run('CREATE TABLE t (id BIGINT)');
    const killer = new pg.Client({ connectionString: url });
    await killer.connect();
    const kill =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    const broken = storage.transaction(async (sql) => {
      await sql.run('INSERT INTO t VALUES (1)');
      await killer.query(kill);
      await sql.run('INSERT INTO t VALUES (2)');
    });
    await expect(broken).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' });
    await killer.end();
    expect(await storage.all('SELECT * FROM t')).toEqual([]);
    expect(plugin.health?.().ok).toBe(true);
    expect(lines.filter((line) => line.level === 'error')).toEqual([]);
  });
});
