import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Storage } from '#plugins/storage/api';
import { onBothDialects } from './both-dialects.ts';

onBothDialects('opening and closing', ({ dialect, on, open, notes, count }) => {
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
