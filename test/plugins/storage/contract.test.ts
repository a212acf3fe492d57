import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql, Storage } from '#plugins/storage/api';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

/** The same promises on both dialects. */
type Config = Parameters<typeof storagePlugin.config.parse>[0] & object;

const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the storage tests is left out (apt-get install postgresql)');

describe.each([
  { dialect: 'sqlite' as const, available: true },
  { dialect: 'postgres' as const, available: postgresFound },
])('storage on $dialect', ({ dialect, available }) => {
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

  on('statements: rows, one row, how many changed, upsert, returning', async () => {
    const storage = await notes((await open()).storage);
    expect(storage.dialect).toBe(dialect);
    expect(await storage.run('INSERT INTO notes (id, text) VALUES (?, ?), (?, ?)', [1, 'a', 2, null])).toBe(2);
    expect(await storage.all('SELECT id, text FROM notes ORDER BY id')).toEqual([
      { id: 1, text: 'a' },
      { id: 2, text: null },
    ]);
    expect(await storage.get('SELECT text FROM notes WHERE id = ?', [1])).toEqual({ text: 'a' });
    expect(await storage.get('SELECT text FROM notes WHERE id = ?', [9])).toBeUndefined();
    const upsert = 'INSERT INTO notes (id, text) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text';
    expect(await storage.run(upsert, [1, 'b'])).toBe(1);
    expect(await storage.run('UPDATE notes SET score = 0.5 WHERE id > ?', [0])).toBe(2);
    expect(await storage.run('DELETE FROM notes WHERE id = ?', [7])).toBe(0);
    expect(await storage.run('CREATE TABLE notes_more (id BIGINT)')).toBe(0);
    expect(await storage.run('SELECT 1')).toBe(0);
    expect(await storage.all('DELETE FROM notes RETURNING id, text')).toEqual(
      expect.arrayContaining([
        { id: 1, text: 'b' },
        { id: 2, text: null },
      ]),
    );
  });

  on('a question mark in a string, a name or a comment is no placeholder', async () => {
    const storage = await notes((await open()).storage);
    const text = `SELECT '?''?' AS a, "text" AS "b?" /* ? */ FROM notes -- ?
      WHERE id = ? /* it's ? */ AND text <> '?'`;
    await storage.run('INSERT INTO notes (id, text) VALUES (?, ?)', [4, 'what?']);
    expect(await storage.all(text, [4])).toEqual([{ a: "?'?", 'b?': 'what?' }]);
  });

  on('values come back as they went in', async () => {
    const { storage } = await open();
    const bytes = dialect === 'sqlite' ? 'BLOB' : 'BYTEA';
    await storage.run(`CREATE TABLE kinds (i BIGINT, r DOUBLE PRECISION, t TEXT, b ${bytes})`);
    const integers = [0, -1, 1_700_000_000_000, Number.MAX_SAFE_INTEGER, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n];
    for (const value of integers) {
      await storage.run('INSERT INTO kinds (i) VALUES (?)', [value]);
      expect((await storage.get('SELECT i FROM kinds'))?.i).toBe(value);
      await storage.run('DELETE FROM kinds');
    }
    const texts = ['', 'é 漢字 🙂', "it's", 'a\nb\r\t', '5', '{"a":[1,2]}', '?', '$1', '\\x00'];
    const data = new Uint8Array([0, 1, 255, 39, 92]);
    for (const text of texts) {
      await storage.run('INSERT INTO kinds (i, r, t, b) VALUES (?, ?, ?, ?)', [true, 0.1, text, data]);
      expect(await storage.get('SELECT * FROM kinds')).toEqual({ i: 1, r: 0.1, t: text, b: data });
      await storage.run('DELETE FROM kinds');
    }
    await storage.run('INSERT INTO kinds (i, r) VALUES (?, ?), (?, ?)', [false, 3, 5, 1e300]);
    expect(await storage.get('SELECT SUM(i) AS total, COUNT(*) AS n, MAX(r) AS most FROM kinds')).toEqual({
      total: 5,
      n: 2,
      most: 1e300,
    });
    expect(await storage.get('SELECT EXISTS (SELECT 1 FROM kinds WHERE i = 5) AS found')).toEqual({ found: 1 });
    await storage.run('INSERT INTO kinds (t) VALUES (?)', [7]);
    expect(await storage.get('SELECT t FROM kinds WHERE t IS NOT NULL')).toEqual({ t: '7' });
  });

  on('what cannot be stored is refused before it is sent', async () => {
    const storage = await notes((await open()).storage);
    const insert = 'INSERT INTO notes (id, text) VALUES (?, ?)';
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n, 'a\0b', undefined as never, {} as never];
    for (const value of bad)
      await expect(storage.run(insert, [1, value])).rejects.toMatchObject({ code: 'STORAGE_VALUE', kind: 'invalid' });
    for (const values of [[1], [1, 'a', 2], []])
      await expect(storage.run(insert, values)).rejects.toMatchObject({ code: 'STORAGE_STATEMENT' });
    await expect(storage.run('DELETE FROM notes; DROP TABLE notes')).rejects.toMatchObject({
      code: 'STORAGE_STATEMENT',
    });
    await storage.run('DELETE FROM notes ; -- done');
    expect(await count(storage)).toBe(0);
  });

  on('errors have the same codes', async () => {
    const storage = await notes((await open()).storage);
    await storage.run('INSERT INTO notes (id) VALUES (1)');
    await expect(storage.run('INSERT INTO notes (id) VALUES (1)')).rejects.toMatchObject({
      code: 'STORAGE_CONSTRAINT',
      kind: 'conflict',
    });
    await expect(storage.all('SELEC 1')).rejects.toMatchObject({
      code: 'STORAGE_STATEMENT',
      data: { statement: 'SELEC 1' },
    });
    await expect(storage.all('SELECT * FROM nowhere')).rejects.toMatchObject({ code: 'STORAGE_STATEMENT' });
  });

  on('foreign keys hold', async () => {
    const storage = await notes((await open()).storage);
    await storage.run('CREATE TABLE notes_tags (note BIGINT REFERENCES notes (id))');
    await expect(storage.run('INSERT INTO notes_tags VALUES (5)')).rejects.toMatchObject({
      code: 'STORAGE_CONSTRAINT',
    });
  });

  on('a transaction is all or nothing, and its handle dies with it', async () => {
    const storage = await notes((await open()).storage);
    let kept: Sql | undefined;
    const done = await storage.transaction(async (sql) => {
      kept = sql;
      await sql.run('INSERT INTO notes (id) VALUES (1)');
      return sql.get('SELECT id FROM notes');
    });
    expect(done).toEqual({ id: 1 });
    await expect(kept?.run('DELETE FROM notes')).rejects.toMatchObject({ code: 'STORAGE_TRANSACTION' });
    const stop = new Error('stop');
    await expect(
      storage.transaction(async (sql) => {
        await sql.run('INSERT INTO notes (id) VALUES (2)');
        throw stop;
      }),
    ).rejects.toBe(stop);
    await expect(
      storage.transaction(async (sql) => {
        await sql.run('INSERT INTO notes (id) VALUES (3)');
        await sql.run('INSERT INTO notes (id) VALUES (1)');
      }),
    ).rejects.toMatchObject({ code: 'STORAGE_CONSTRAINT' });
    expect(await count(storage)).toBe(1);
  });

  on('a statement beside an open transaction is not drawn into it', async () => {
    const storage = await notes((await open()).storage);
    const go = Promise.withResolvers<void>();
    const failing = storage.transaction(async (sql) => {
      await sql.run('INSERT INTO notes (id) VALUES (1)');
      await go.promise;
      throw new Error('no');
    });
    const beside = Promise.all([storage.run('INSERT INTO notes (id) VALUES (2)'), storage.append('notes', { id: 3 })]);
    await sleep(20);
    go.resolve();
    await expect(failing).rejects.toThrow('no');
    await beside;
    expect(await storage.all('SELECT id FROM notes ORDER BY id')).toEqual([{ id: 2 }, { id: 3 }]);
  });

  on('waiting for the database inside its own transaction is refused, not endless', async () => {
    const storage = await notes((await open()).storage);
    for (const wrong of [
      () => storage.run('DELETE FROM notes'),
      () => storage.transaction(async () => {}),
      () => storage.migrate('notes', []),
    ])
      await expect(storage.transaction(async () => void (await wrong()))).rejects.toMatchObject({
        code: 'STORAGE_TRANSACTION',
      });
    let later: Promise<unknown> | undefined;
    await storage.transaction(async () => {
      later = sleep(30).then(() => storage.run('DELETE FROM notes'));
    });
    expect(await later).toBe(0);
  });

  on('a transaction that hangs is rolled back', async () => {
    const storage = await notes((await open({ transactionTimeoutMs: 80 })).storage);
    const hanging = storage.transaction(async (sql) => {
      await sql.run('INSERT INTO notes (id) VALUES (1)');
      await new Promise(() => {});
    });
    await expect(hanging).rejects.toMatchObject({ code: 'STORAGE_TIMEOUT', kind: 'timeout' });
    expect(await count(storage)).toBe(0);
    await storage.run('INSERT INTO notes (id) VALUES (1)');
  });

  on('twenty concurrent transactions lose no update', async () => {
    const storage = await notes((await open()).storage);
    await storage.run('INSERT INTO notes (id, score) VALUES (1, 0)');
    const add = () =>
      storage.transaction(async (sql) => {
        const lock = dialect === 'postgres' ? ' FOR UPDATE' : '';
        const row = await sql.get<{ score: number }>(`SELECT score FROM notes WHERE id = 1${lock}`);
        await sleep(1);
        await sql.run('UPDATE notes SET score = ? WHERE id = 1', [(row?.score ?? 0) + 1]);
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await storage.get('SELECT score FROM notes')).toEqual({ score: 20 });
  });

  on('appended rows are there when the promise says so, in few commits, and in their order', async () => {
    const storage = await notes((await open({ appendFlushRows: 100 })).storage);
    await storage.append('notes', { id: -1, text: 'first' });
    expect(await count(storage)).toBe(1);
    const total = 2_500;
    await Promise.all(
      Array.from({ length: total }, (_, id) => storage.append('notes', { id, text: `${id}`, score: null })),
    );
    expect(await count(storage)).toBe(total + 1);
  });

  on('a row that does not fit costs only itself', async () => {
    const storage = await notes((await open()).storage);
    const ids = Array.from({ length: 60 }, (_, at) => (at === 20 || at === 41 ? 0 : at));
    const results = await Promise.allSettled(ids.map((id) => storage.append('notes', { id })));
    const refused = results.flatMap((result, at) => (result.status === 'rejected' ? [[at, result.reason.code]] : []));
    expect(refused).toHaveLength(2);
    expect(refused.every(([, code]) => code === 'STORAGE_CONSTRAINT')).toBe(true);
    expect(await count(storage)).toBe(58);
    await expect(storage.append('notes; DROP TABLE notes', { id: 1 })).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', { 'id) VALUES (1); --': 1 })).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', {})).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', { id: Number.NaN })).rejects.toMatchObject({ code: 'STORAGE_VALUE' });
    await expect(storage.append('nowhere', { id: 1 })).rejects.toMatchObject({ code: 'STORAGE_STATEMENT' });
  });

  on('appends beyond the limit are refused at once', async () => {
    const storage = await notes((await open({ appendMaxPending: 10, appendFlushMs: 30 })).storage);
    const results = await Promise.allSettled(Array.from({ length: 25 }, (_, id) => storage.append('notes', { id })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(10);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { code: 'STORAGE_BUSY', kind: 'unavailable' },
    });
  });

  on('stop commits what was appended', async () => {
    const first = await open({ appendFlushMs: 10_000 });
    await notes(first.storage);
    const written = Promise.all([first.storage.append('notes', { id: 1 }), first.storage.append('notes', { id: 2 })]);
    await first.close();
    await written;
    await expect(first.storage.all('SELECT 1')).rejects.toMatchObject({ code: 'STORAGE_CLOSED' });
    expect(await count((await open()).storage)).toBe(2);
  });

  const ROW = { table: 'notes', columns: ['id', 'text'] };

  on('rows that nobody waits for are stored, each failure is told, and nothing is thrown', async () => {
    const storage = await notes((await open({ appendLaterMs: 5, appendFlushRows: 30 })).storage);
    const lost: unknown[] = [];
    const tell = (error: unknown) => void lost.push((error as { code: string }).code);
    for (let id = 0; id < 100; id += 1) storage.appendLater(ROW, [id === 70 ? 3 : id, `${id}`], tell);
    await expect.poll(() => count(storage)).toBe(99);
    expect(lost).toEqual(['STORAGE_CONSTRAINT']);
    expect(await storage.get('SELECT text FROM notes WHERE id = 99')).toEqual({ text: '99' });
    lost.length = 0;
    storage.appendLater(ROW, [1_000], tell);
    storage.appendLater(ROW, [1_000, Number.NaN], tell);
    storage.appendLater({ table: 'notes; DROP TABLE notes', columns: ['id'] }, [1], tell);
    storage.appendLater({ table: 'nowhere', columns: ['id'] }, [1], tell);
    await expect.poll(() => lost.length).toBe(4);
    expect(lost).toEqual(['STORAGE_VALUE', 'STORAGE_VALUE', 'STORAGE_NAME', 'STORAGE_STATEMENT']);
    expect(await count(storage)).toBe(99);
  });

  on('rows of several shapes share a commit, and somebody who waits does not wait for the others', async () => {
    const storage = await notes((await open({ appendLaterMs: 60_000 })).storage);
    const fail = (error: unknown) => {
      throw error;
    };
    const wide = { table: 'notes', columns: ['id', 'text', 'score'] };
    for (let id = 0; id < 90; id += 1)
      if (id % 30 < 25) storage.appendLater(ROW, [id, `${id}`], fail);
      else storage.appendLater(wide, [id, null, id / 2], fail);
    await storage.append('notes', { id: 1_000 });
    expect(await count(storage)).toBe(91);
    expect(await storage.get('SELECT id, text, score FROM notes WHERE id = 29')).toEqual({
      id: 29,
      text: null,
      score: 14.5,
    });
  });

  on('rows that nobody waits for are bounded, written in small steps, and not lost at the end', async () => {
    const first = await open({ appendMaxPending: 20_000, appendLaterMs: 30, appendFlushRows: 500 });
    await notes(first.storage);
    const lost = new Map<unknown, number>();
    const tell = (error: unknown) => {
      const { code } = error as { code: string };
      lost.set(code, (lost.get(code) ?? 0) + 1);
    };
    for (let id = 0; id < 21_000; id += 1) first.storage.appendLater(ROW, [id, 'x'.repeat(50)], tell);
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 0);
    await first.close();
    clearInterval(ticking);
    // Forty groups, and between them others have their turn.
    expect(turns).toBeGreaterThan(10);
    expect([...lost]).toEqual([['STORAGE_BUSY', 1_000]]);
    expect(await count((await open()).storage)).toBe(20_000);
    first.storage.appendLater(ROW, [0, ''], tell);
    await expect.poll(() => lost.get('STORAGE_CLOSED')).toBe(1);
  });

  on('migrations run once and in order, for each owner', async () => {
    const first = await open();
    const one = { name: 'one', sql: 'CREATE TABLE a_rows (id BIGINT); INSERT INTO a_rows VALUES (1);' };
    const two = {
      name: 'two',
      sql: { sqlite: "INSERT INTO a_rows VALUES (2); -- it's", postgres: "INSERT INTO a_rows VALUES (2); -- it's" },
    };
    await first.storage.migrate('a', [one]);
    await first.storage.migrate('a', [one]);
    await first.storage.migrate('b', [{ name: 'one', sql: 'CREATE TABLE b_rows (id BIGINT)' }]);
    await first.close();
    const { storage } = await open();
    await storage.migrate('a', [one, two]);
    expect(await storage.all('SELECT id FROM a_rows ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    await expect(storage.migrate('a', [one])).rejects.toMatchObject({ code: 'STORAGE_NEWER', kind: 'conflict' });
    await expect(storage.migrate('a', [one, { ...two, name: 'other' }])).rejects.toMatchObject({
      code: 'STORAGE_NEWER',
    });
    expect(await storage.all('SELECT owner, step FROM storage_migrations ORDER BY owner, step')).toEqual([
      { owner: 'a', step: 1 },
      { owner: 'a', step: 2 },
      { owner: 'b', step: 1 },
    ]);
  });

  on('a migration that fails leaves nothing behind', async () => {
    const { storage } = await open();
    const good = { name: 'good', sql: 'CREATE TABLE c_rows (id BIGINT)' };
    const bad = { name: 'bad', sql: 'CREATE TABLE c_more (id BIGINT); CREATE TABLE c_rows (id BIGINT)' };
    await expect(storage.migrate('c', [good, bad])).rejects.toMatchObject({ code: 'STORAGE_MIGRATION' });
    await storage.migrate('c', [good, { name: 'bad', sql: 'CREATE TABLE c_more (id BIGINT)' }]);
    expect(await storage.all('SELECT * FROM c_more')).toEqual([]);
  });

  on('two at once: one migrates, both write, nothing is lost', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    await Promise.all([notes(one.storage), notes(two.storage)]);
    const write = (storage: Storage, from: number) =>
      Promise.all(
        Array.from({ length: 100 }, (_, at) => storage.run('INSERT INTO notes (id) VALUES (?)', [from + at])),
      );
    await Promise.all([
      write(one.storage, 0),
      write(two.storage, 1_000),
      two.storage.transaction(async (sql) => {
        await sql.run('INSERT INTO notes (id) VALUES (5000)');
        await sleep(60);
      }),
    ]);
    expect(await count(one.storage)).toBe(201);
  });

  on('status shows the place and no password; start and stop may be called in any order', async () => {
    const opened = await open();
    expect(opened.plugin.health?.()).toMatchObject({ ok: true, detail: { dialect, pendingRows: 0 } });
    await opened.plugin.stop?.();
    await opened.plugin.stop?.();
    const said = JSON.stringify([opened.lines, opened.plugin.health?.()]);
    expect(said).not.toContain('unused-password');
    expect(said).toContain(dialect === 'sqlite' ? 'datapresso.db' : '127.0.0.1');
  });
});
