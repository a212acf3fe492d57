import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import type { QueuedJob } from '#plugins/queue/api';
import type { Storage } from '#plugins/storage/api';
import queuePlugin from '../../../plugins/queue/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { findRedis, type Redis, startRedis } from '../../support/redis.ts';
import { openPlugin } from '../open-plugin.ts';
import { type Backend, redisBackend, sqlBackend } from './backend.ts';

export type QueueOptions = NonNullable<Parameters<typeof queuePlugin.config.parse>[0]> & object;
type Kind = 'sqlite' | 'postgres' | 'redis';

const postgresFound = findPostgres() !== undefined;
export const redisFound = findRedis() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its part of the queue tests is left out (apt-get install postgresql)');
if (!redisFound)
  console.warn('Redis is not installed: its part of the queue tests is left out (apt-get install redis-server)');

/** The same promises on both databases and on Redis. */
export function onEveryBackend(
  what: string,
  body: (bench: ReturnType<typeof openBench>) => void,
  kinds: readonly Kind[] = ['sqlite', 'postgres', 'redis'],
): void {
  const available = { sqlite: true, postgres: postgresFound, redis: redisFound };
  describe.each(kinds.map((kind) => ({ kind, available: available[kind] })))(
    `${what}, on $kind`,
    ({ kind, available }) => body(openBench(kind, available)),
  );
}

function openBench(kind: Kind, available: boolean) {
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  let postgres: Postgres | undefined;
  let redis: Redis | undefined;
  /** Of the storage, and of the jobs where they are kept elsewhere. */
  let place: { storage: { url: string } | { dir: string }; queue: QueueOptions };
  let backend: Backend;
  let storageOfTest: Storage | undefined;
  let tests = 0;

  beforeAll(async () => {
    if (available && kind === 'postgres') postgres = await startPostgres();
    if (available && kind === 'redis') redis = await startRedis();
  }, 60_000);
  afterAll(async () => {
    await postgres?.stop();
    await redis?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (!available) return;
    const folder = mkdtempSync(join(tmpdir(), 'queue-'));
    folders.push(folder);
    const prefix = `test:${tests++}`;
    place = {
      storage: postgres ? { url: await postgres.createDatabase() } : { dir: folder },
      queue: redis ? { redis: { url: redis.url, prefix } } : {},
    };
    backend = redis ? redisBackend(redis.url, prefix) : sqlBackend(() => storageOfTest!);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    if (available) await backend.close();
  });

  /** A process's queue on the place of this test, with connections of its own. */
  const open = async (config: QueueOptions = {}) => {
    const storage = await openPlugin(storagePlugin, place.storage);
    closing.push(storage.close);
    const brief = { leaseMs: 2_000, pollMs: 25, pauseMs: 10, drainMs: 100, graceMs: 100 };
    const options = { ...brief, ...place.queue, ...config };
    const services = { storage: storage.plugin.storage };
    storageOfTest = services.storage;
    const opened = await openPlugin(queuePlugin, options, services);
    closing.push(opened.close);
    const { queue } = opened.plugin;
    const state = async (id: string, lane = 'lane') => (await queue.get(lane, id))?.state;
    return { ...opened, queue, options, services, state };
  };
  return { open, on: available ? test : test.skip, place: () => place, backend: () => backend };
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
