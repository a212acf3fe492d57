import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import type { QueuedJob } from '#plugins/queue/api';
import queuePlugin from '../../../plugins/queue/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

type QueueOptions = NonNullable<Parameters<typeof queuePlugin.config.parse>[0]> & object;

const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the queue tests is left out (apt-get install postgresql)');

/** The same promises on both databases. */
export function onBothDatabases(what: string, body: (bench: ReturnType<typeof openBench>) => void): void {
  describe.each([
    { dialect: 'sqlite' as const, available: true },
    { dialect: 'postgres' as const, available: postgresFound },
  ])(`${what}, on $dialect`, ({ dialect, available }) => body(openBench(dialect, available)));
}

function openBench(dialect: 'sqlite' | 'postgres', available: boolean) {
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  let server: Postgres | undefined;
  let place: { url: string } | { dir: string };

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (!available) return;
    const folder = mkdtempSync(join(tmpdir(), 'queue-'));
    folders.push(folder);
    place = server ? { url: await server.createDatabase() } : { dir: folder };
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A process's queue on the database of this test, with a database connection of its own. */
  const open = async (config: QueueOptions = {}) => {
    const storage = await openPlugin(storagePlugin, place);
    closing.push(storage.close);
    const options = { leaseMs: 2_000, pollMs: 25, pauseMs: 10, drainMs: 100, graceMs: 100, ...config };
    const services = { storage: storage.plugin.storage };
    const opened = await openPlugin(queuePlugin, options, services);
    closing.push(opened.close);
    const { queue } = opened.plugin;
    const state = async (id: string, lane = 'lane') => (await queue.get(lane, id))?.state;
    return { ...opened, queue, options, services, state };
  };
  return { open, on: available ? test : test.skip, place: () => place };
}

export const until = (expectation: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 10 });

/** Work that ends when it is told to, or throws when its signal is aborted. */
export function heldWork() {
  const begun: string[] = [];
  const aborted: string[] = [];
  const ends = new Map<string, () => void>();
  const work = async ({ id }: QueuedJob, signal: AbortSignal): Promise<void> => {
    begun.push(id);
    await new Promise<void>((resolve, reject) => {
      ends.set(id, resolve);
      signal.addEventListener('abort', () => {
        aborted.push((signal.reason as { code: string }).code);
        reject(signal.reason as Error);
      });
    });
  };
  return { work, begun, aborted, end: (id: string) => ends.get(id)?.() };
}
