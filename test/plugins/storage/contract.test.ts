import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Sql } from '#plugins/storage/api';
import { onBothDialects } from './both-dialects.ts';

onBothDialects('statements and transactions', ({ dialect, on, open, notes, count }) => {
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
});
