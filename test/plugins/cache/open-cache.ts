import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import cachePlugin from '../../../plugins/cache/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { findRedis, type Redis, startRedis } from '../../support/redis.ts';
import { openPlugin } from '../open-plugin.ts';

export type Config = Parameters<typeof cachePlugin.config.parse>[0] & object;
type Bench = ReturnType<typeof openBench>;

const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the cache tests is left out (apt-get install postgresql)');
export const redisFound = findRedis() !== undefined;
if (!redisFound)
  console.warn('Redis is not installed: the cache tests with it are left out (apt-get install redis-server)');

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
  const freshPlace = async () => {
    if (server) return { url: await server.createDatabase() };
    const dir = mkdtempSync(path.join(tmpdir(), 'cache-'));
    folders.push(dir);
    return { dir };
  };

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (available) place = await freshPlace();
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A server's cache on the database of this test; opened twice, it is a restart or a second server. */
  const open = async (
    config: Config = {},
    { services = {}, ownDatabase = false }: { services?: Record<string, unknown>; ownDatabase?: boolean } = {},
  ) => {
    const storage = await openPlugin(storagePlugin, ownDatabase ? await freshPlace() : place);
    closing.push(storage.close);
    const opened = await openPlugin(cachePlugin, config, { storage: storage.plugin.storage, ...services });
    closing.push(opened.close);
    const close = async (): Promise<void> => {
      await opened.close();
      await storage.close();
    };
    const told = () => opened.lines.filter(({ level }) => level !== 'debug').map(({ sentence }) => sentence);
    return { cache: opened.plugin.cache, storage: storage.plugin.storage, lines: opened.lines, told, close };
  };
  return { open, on: available ? test : test.skip };
}

/** A Redis for the tests of this file, empty for each. */
export function withRedis(): { readonly redis: () => Redis; readonly on: typeof test | typeof test.skip } {
  let redis: Redis | undefined;
  beforeAll(async () => {
    if (redisFound) redis = await startRedis();
  }, 60_000);
  beforeEach(() => redis?.flush());
  afterAll(() => redis?.stop());
  return { redis: () => redis!, on: redisFound ? test : test.skip };
}

export const until = (expectation: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 20 });

/** Counts how often it was asked. */
export function source<V>(answer: (n: number, signal: AbortSignal) => V | Promise<V>, tags: readonly string[] = []) {
  let asked = 0;
  const compute = async (signal: AbortSignal) => {
    asked += 1;
    return { value: await answer(asked, signal), tags };
  };
  return { compute, asked: () => asked };
}

/** A promise that is kept when told. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
