import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import type { Need, Place } from './real-server.ts';

/**
 * What real servers need beside Node, started here on ports of its own where the machine has the programs
 * (Debian: `apt-get install redis-server postgresql chromium-headless-shell`).
 */
export interface Backing {
  /** What is there; servers that need more are to be left out, and named. */
  has: ReadonlySet<Need>;
  /** A fresh folder and fresh databases for one run; only those in `needs`, where given. */
  newPlace(needs?: readonly Need[]): Promise<Place>;
  stop(): Promise<void>;
}

/** @param wanted what to start; by default all that the machine has */
export async function startBacking(wanted: readonly Need[] = ['redis', 'postgres', 'chromium']): Promise<Backing> {
  const root = await mkdtemp(join(tmpdir(), 'real-servers-'));
  const redisServer = wanted.includes('redis') ? onPath('redis-server') : undefined;
  const chromium = wanted.includes('chromium') ? findChromium() : undefined;
  const redis = redisServer === undefined ? undefined : await startRedis(redisServer, root);
  const postgres: Postgres | undefined =
    wanted.includes('postgres') && findPostgres() !== undefined ? await startPostgres() : undefined;
  const has = new Set<Need>();
  if (redis) has.add('redis');
  if (postgres) has.add('postgres');
  if (chromium) has.add('chromium');
  let places = 0;

  return {
    has,
    newPlace: async (needs = wanted) => {
      const number = places++;
      // Paths of equal length, because some servers answer with the size of a text that has the path in it.
      const dir = join(root, `place-${`${number}`.padStart(3, '0')}`);
      await mkdir(dir);
      const wants = (need: Need) => needs.includes(need);
      // Redis has 64 numbered databases here, and each place takes the next.
      const services: Place['services'] = {
        ...(redis && wants('redis') && { redis: `${redis.url}/${number % REDIS_DATABASES}` }),
        ...(postgres && wants('postgres') && { postgres: await postgres.createDatabase() }),
        ...(chromium && wants('chromium') && { chromium }),
      };
      return { dir, services };
    },
    stop: async () => {
      await Promise.all([redis?.stop(), postgres?.stop()]);
      // A browser that is ending may still write into its profile.
      await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

const REDIS_DATABASES = 64;
const REDIS_START_MS = 10_000;

async function startRedis(program: string, dir: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--databases', `${REDIS_DATABASES}`];
  const child: ChildProcess = spawn(program, [...args, '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('redis did not start in time')), REDIS_START_MS);
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (!printed.includes('Ready to accept connections')) return;
      clearTimeout(limit);
      resolve();
    });
    child.once('error', reject);
    void ended.then(() => reject(new Error(`redis ended: ${printed}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM;
  if (named !== undefined && existsSync(named)) return named;
  return ['chromium-headless-shell', 'chromium', 'google-chrome'].map(onPath).find((path) => path !== undefined);
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
