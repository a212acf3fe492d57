import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import type { AuditEntry } from '#plugins/auth/api';
import { APPROVAL_CHANGED, type Approval, type InstallRequest } from '#plugins/policy/api';
import policyPlugin from '../../../plugins/policy/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

export const SHIPPED_RULES = path.resolve('config/policy.yaml');
const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the policy tests is left out (apt-get install postgresql)');

type Bench = ReturnType<typeof openBench>;

/** The same promises on both databases. */
export function onBothDatabases(what: string, body: (bench: Bench) => void): void {
  describe.each([
    { dialect: 'sqlite' as const, available: true },
    { dialect: 'postgres' as const, available: postgresFound },
  ])(`${what}, on $dialect`, ({ dialect, available }) => body(openBench(dialect, available)));
}

export function openBench(dialect: 'sqlite' | 'postgres' = 'sqlite', available = true) {
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  let server: Postgres | undefined;
  let place: { url: string } | { dir: string };
  let folder: string;

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (!available) return;
    folder = mkdtempSync(path.join(tmpdir(), 'policy-'));
    folders.push(folder);
    place = server ? { url: await server.createDatabase() } : { dir: path.join(folder, 'data') };
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A server's policy on the database of this test; opened twice, it is a restart or a second server. */
  const open = async (rules?: string, config: { watchMs?: number; fileKb?: number; detailKb?: number } = {}) => {
    const file = path.join(folder, 'policy.yaml');
    if (rules !== undefined) writeFileSync(file, rules);
    const audit: AuditEntry[] = [];
    const storage = await openPlugin(storagePlugin, place);
    closing.push(storage.close);
    const auth = { audit: (entry: AuditEntry) => void audit.push(entry) };
    const opened = await openPlugin(
      policyPlugin,
      { file: rules === undefined ? SHIPPED_RULES : file, pollMs: 50, watchMs: 20, ...config },
      { storage: storage.plugin.storage, auth },
    );
    closing.push(opened.close);
    const told: Approval[] = [];
    opened.events.subscribe(APPROVAL_CHANGED, (approval) => void told.push(approval));
    const { policy } = opened.plugin;
    const close = async (): Promise<void> => {
      await opened.close();
      await storage.close();
    };
    return { policy, file, audit, told, lines: opened.lines, health: () => opened.plugin.health?.(), close };
  };
  return { open, on: available ? test : test.skip };
}

/** A server of nobody known, in a sandbox, that needs nothing. */
export const request = (subject: string, more: Partial<InstallRequest> = {}): InstallRequest => ({
  principal: 'key:ada',
  subject,
  needs: { secrets: [], network: false },
  sandboxed: true,
  ...more,
});

export const until = (expectation: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 20 });
export const never = (): AbortSignal => new AbortController().signal;
