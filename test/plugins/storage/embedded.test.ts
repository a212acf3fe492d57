import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import storagePlugin from '../../../plugins/storage/index.ts';
import { openPlugin } from '../open-plugin.ts';

const folder = mkdtempSync(join(tmpdir(), 'embedded-'));
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = async (dir: string) => {
  const opened = await openPlugin(storagePlugin, { dir });
  closing.push(opened.close);
  return opened.plugin.storage;
};

test('a missing folder is made', async () => {
  const dir = join(folder, 'a', 'b');
  const storage = await open(dir);
  expect(await storage.get('SELECT 1 AS one')).toEqual({ one: 1 });
  expect(readdirSync(dir)).toContain('datapresso.db');
});

test('nobody else may read the folder and its files', async () => {
  const dir = join(folder, 'private');
  const mode = (path: string) => statSync(path).mode & 0o777;
  const files = ['datapresso.db', 'datapresso.db-shm', 'datapresso.db-wal'];
  const storage = await open(dir);
  await storage.run('CREATE TABLE t (a BIGINT)');
  expect(readdirSync(dir).sort()).toEqual(files);
  expect([dir, ...files.map((name) => join(dir, name))].map(mode)).toEqual([0o700, 0o600, 0o600, 0o600]);
  // As an earlier version left them, with another process still at it.
  for (const name of files) chmodSync(join(dir, name), 0o644);
  await (await open(dir)).run('INSERT INTO t VALUES (1)');
  expect(files.map((name) => mode(join(dir, name)))).toEqual([0o600, 0o600, 0o600]);
});

test('a folder that cannot be written is named, with what to do', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  for (const dir of [join(file, 'data'), file, '/proc/1/nothing'])
    await expect(open(dir)).rejects.toMatchObject({
      code: 'STORAGE_UNWRITABLE',
      message: expect.stringContaining(dir),
      hint: expect.stringContaining('storage.dir'),
    });
  const taken = join(folder, 'taken');
  mkdirSync(join(taken, 'datapresso.db'), { recursive: true });
  await expect(open(taken)).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
});

test('a file that is no database is refused and left as it is', async () => {
  const dir = join(folder, 'foreign');
  mkdirSync(dir);
  const file = join(dir, 'datapresso.db');
  const text = 'the notes of somebody else, of more than a hundred bytes '.repeat(100);
  writeFileSync(file, text);
  await expect(open(dir)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT', message: expect.stringContaining(file) });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(readdirSync(dir)).toEqual(['datapresso.db']);
});

test('a damaged database is refused where it is damaged', async () => {
  const dir = join(folder, 'damaged');
  const first = await openPlugin(storagePlugin, { dir });
  await first.plugin.storage.run('CREATE TABLE t (id BIGINT, text TEXT)');
  for (let id = 0; id < 50; id += 1)
    await first.plugin.storage.run('INSERT INTO t VALUES (?, ?)', [id, 'x'.repeat(500)]);
  await first.close();
  const file = join(dir, 'datapresso.db');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xff, 4_096));
  const storage = await open(dir);
  await expect(storage.all('SELECT * FROM t')).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
});

test('a full disk shows in the health until something can be written again', async () => {
  const opened = await openPlugin(storagePlugin, { dir: join(folder, 'full') });
  closing.push(opened.close);
  const { storage } = opened.plugin;
  await storage.run('CREATE TABLE t (a TEXT)');
  // SQLite answers as for a disk without space.
  await storage.all('PRAGMA max_page_count = 8');
  const row = { a: 'x'.repeat(40_000) };
  await expect(storage.append('t', row)).rejects.toMatchObject({ code: 'STORAGE_FULL', kind: 'unavailable' });
  expect(opened.plugin.health?.()).toMatchObject({ ok: false, detail: { error: expect.stringContaining('no space') } });
  expect(await storage.all('SELECT a FROM t')).toEqual([]);
  expect(opened.plugin.health?.().ok).toBe(false);
  await storage.all('PRAGMA max_page_count = 100000');
  await storage.append('t', row);
  expect(opened.plugin.health?.().ok).toBe(true);
});

test('of rows that are committed together only the refused one fails', async () => {
  const storage = await open(join(folder, 'batch'));
  await storage.run('CREATE TABLE t (a INTEGER NOT NULL CHECK (a <> 13))');
  const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, a) => storage.append('t', { a })));
  expect(answers.flatMap(({ status }, a) => (status === 'rejected' ? [a] : []))).toEqual([13]);
  expect(await storage.get('SELECT COUNT(*) AS rows FROM t')).toEqual({ rows: 49 });
});

test('two processes write to one file, and neither is refused', { timeout: 30_000 }, async () => {
  const dir = join(folder, 'shared');
  const opened = await openPlugin(storagePlugin, { dir });
  const { storage } = opened.plugin;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'append-forever.ts'), dir, '1000000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let theirs = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    theirs += part;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await expect.poll(() => theirs.length, { timeout: 10_000 }).toBeGreaterThan(0);
  for (let id = 0; id < 300; id += 1) await storage.run('INSERT INTO rows (id, text) VALUES (?, ?)', [id, 'ours']);
  child.kill('SIGKILL');
  await ended;
  const rows = await storage.all<{ id: number }>('SELECT id FROM rows');
  const there = new Set(rows.map((row) => row.id));
  const acknowledged = theirs.slice(0, theirs.lastIndexOf('\n')).split('\n').map(Number);
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
  expect(rows.filter(({ id }) => id < 300)).toHaveLength(300);
  await opened.close();
});

test('a killed process has lost no row that it had acknowledged', { timeout: 60_000 }, async () => {
  const dir = join(folder, 'killed');
  const acknowledged = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'append-forever.ts'), dir, String(round * 1_000_000)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        const enough = text === '' || text.length < 4_000 * (round % 4);
        text += part;
        if (!enough || round % 4 === 0) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    expect(child.signalCode).toBe('SIGKILL');
    const lines = text.slice(0, text.lastIndexOf('\n')).split('\n').filter(Boolean);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) acknowledged.add(Number(line));
    const storage = await openPlugin(storagePlugin, { dir });
    const rows = await storage.plugin.storage.all<{ id: number }>('SELECT id FROM rows');
    const there = new Set(rows.map((row) => row.id));
    expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
    expect(await storage.plugin.storage.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
    await storage.close();
  }
});

test('what is deleted or replaced is in no file once the last process has closed it', async () => {
  const dir = join(folder, 'erased');
  const storage = await open(dir);
  await storage.run('CREATE TABLE t (a BIGINT PRIMARY KEY, text TEXT)');
  for (let n = 0; n < 200; n++)
    await storage.run('INSERT INTO t VALUES (?, ?)', [n, `secret-${n} ${'x'.repeat(n * 50)}`]);
  await storage.run('DELETE FROM t WHERE a % 2 = 0');
  await storage.run("UPDATE t SET text = 'other' WHERE a % 3 = 0");
  for (const close of closing.splice(0)) await close();
  const bytes = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'latin1'));
  const found = new Set(bytes.flatMap((text) => [...text.matchAll(/secret-(\d+) /g)].map(([, n]) => Number(n))));
  const left = Array.from({ length: 200 }, (_, n) => n).filter((n) => n % 2 !== 0 && n % 3 !== 0);
  expect([...found].sort((a, b) => a - b)).toEqual(left);
});
