import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuditEntry } from '#plugins/auth/api';
import type { Storage } from '#plugins/storage/api';
import authPlugin from '../../../plugins/auth/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

let server: Postgres | undefined;
const folder = mkdtempSync(join(tmpdir(), 'audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const openStorage = async (name: string): Promise<Storage> => {
  const place = server === undefined ? { dir: join(folder, name) } : { url: await server.createDatabase() };
  const opened = await openPlugin(storagePlugin, place);
  closing.push(opened.close);
  return opened.plugin.storage;
};
const openAuth = async (config: object, storage?: Storage) => {
  const opened = await openPlugin(authPlugin, config, { storage });
  closing.push(opened.close);
  return { ...opened, auth: opened.plugin.auth };
};
const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  principal: 'ci',
  action: 'tool.call',
  target: 'python-executor/execute',
  outcome: 'ok',
  ...changes,
});
type Row = { principal: string; target: string; detail: string | null; outcome: string; duration_ms: number | null };
const rows = (storage: Storage) =>
  storage.all<Row>('SELECT principal, target, detail, outcome, duration_ms FROM auth_audit ORDER BY id');

const postgresFound = findPostgres() !== undefined;
describe.each([
  { dialect: 'sqlite', available: true },
  { dialect: 'postgres', available: postgresFound },
])('the audit log on $dialect', ({ dialect, available }) => {
  beforeAll(async () => {
    server = available && dialect === 'postgres' ? await startPostgres() : undefined;
  }, 60_000);
  afterAll(() => server?.stop());
  const on = available ? test : test.skip;

  on('entries reach the table, in order, as one line each', async () => {
    const storage = await openStorage('table');
    const { auth } = await openAuth({}, storage);
    auth.audit(entry({ durationMs: 12.5 }));
    auth.audit(
      entry({
        principal: 'evil\nci tool.call',
        outcome: 'denied',
        detail: `x\0${'y'.repeat(2_000)}`,
        durationMs: Number.NaN,
      }),
    );
    await vi.waitFor(async () => expect(await rows(storage)).toHaveLength(2));
    const [first, second] = await rows(storage);
    expect(first).toEqual({
      principal: 'ci',
      target: 'python-executor/execute',
      detail: null,
      outcome: 'ok',
      duration_ms: 12.5,
    });
    expect(second).toMatchObject({ principal: 'evil ci tool.call', duration_ms: null });
    expect(second?.detail).toHaveLength(500);
  });

  on('refused callers are written down, and a flood of them stays small', async () => {
    const storage = await openStorage('refused');
    const { auth } = await openAuth({ keys: [{ name: 'ci', key: 'key-of-the-build-server' }] }, storage);
    const knock = (headers: IncomingHttpHeaders) => {
      try {
        void auth.authenticate(headers, 'admin', 'http://127.0.0.1:8090/mcp');
      } catch {}
    };
    knock({ 'x-api-key': 'key-of-the-build-server' });
    for (let at = 0; at < 5_000; at += 1) knock({ 'x-api-key': `wrong-${at}` });
    await vi.waitFor(async () => expect((await rows(storage)).length).toBeGreaterThanOrEqual(10));
    const written = await rows(storage);
    expect(written.length).toBeLessThanOrEqual(30);
    expect(written[0]).toMatchObject({ principal: 'key:ci', outcome: 'denied', detail: 'AUTH_SCOPE' });
    expect(JSON.stringify(written)).not.toContain('wrong-');
  });

  on('without a database, or by choice, entries are log lines', async () => {
    const without = await openAuth({});
    const storage = await openStorage('unused');
    const chosen = await openAuth({ audit: { table: false } }, storage);
    for (const { auth, lines } of [without, chosen]) {
      auth.audit(entry());
      expect(lines).toContainEqual({
        level: 'info',
        sentence: 'audit',
        fields: expect.objectContaining({ principal: 'ci' }),
      });
    }
  });

  on('a database that fails is reported once, and blocks nobody', async () => {
    const storage = await openStorage('failing');
    const { auth, lines } = await openAuth({}, storage);
    await storage.run('DROP TABLE auth_audit');
    for (let at = 0; at < 100; at += 1) auth.audit(entry());
    await vi.waitFor(() => expect(lines.filter((line) => line.level === 'error')).toHaveLength(1));
    for (let at = 0; at < 100; at += 1) auth.audit(entry());
    await storage.append('auth_audit', { at: 1 }).catch(() => {});
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(1);
  });

  on('old entries are deleted at start, many of them in small steps', async () => {
    const storage = await openStorage('old');
    await (await openAuth({}, storage)).close();
    const old = Date.now() - 8 * 86_400_000;
    const row = { principal: 'p', action: 'a', target: 't', outcome: 'ok' };
    await Promise.all(Array.from({ length: 5_000 }, () => storage.append('auth_audit', { at: old, ...row })));
    await storage.append('auth_audit', { at: Date.now(), ...row });
    await openAuth({ audit: { retentionDays: 7 } }, storage);
    await vi.waitFor(async () => expect(await rows(storage)).toHaveLength(1), { timeout: 5_000 });
  });

  on('an entry costs the caller little', async () => {
    const storage = await openStorage('cost');
    const { auth } = await openAuth({}, storage);
    const rounds = 5_000;
    const begun = performance.now();
    for (let at = 0; at < rounds; at += 1) auth.audit(entry({ durationMs: at }));
    const micros = ((performance.now() - begun) * 1_000) / rounds;
    console.info(`audit: ${micros.toFixed(2)} us for the caller`);
    expect(micros).toBeLessThan(50);
    await vi.waitFor(async () => expect(await rows(storage)).toHaveLength(rounds), { timeout: 5_000 });
  });
});
