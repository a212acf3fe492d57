import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/**
 * A PostgreSQL cluster of one test file: own folder, own port on loopback, gone afterwards. It uses the binaries of the
 * system (Debian: `apt-get install postgresql`) and installs nothing.
 */
export interface Postgres {
  readonly url: string;
  readonly port: number;
  /** A fresh, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const START_MS = 30_000;

/** Undefined where no binaries are found, and a throw where they must be there (CI, REQUIRE_POSTGRES=1). */
export function findPostgres(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  const required = process.env.CI === 'true' || process.env.REQUIRE_POSTGRES === '1';
  if (found === undefined && required)
    throw new Error(
      'PostgreSQL tests are required here, and initdb and postgres are not found: apt-get install postgresql',
    );
  return found;
}

export async function startPostgres(): Promise<Postgres> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('no PostgreSQL binaries');
  const folder = mkdtempSync(join(tmpdir(), 'pg-'));
  const owner = serverUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
  const options = { cwd: folder, env, ...(owner && { uid: owner.uid, gid: owner.gid }) };
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server?.once('exit', resolve));
      // SIGINT is PostgreSQL's fast shutdown: it disconnects the clients and ends its own children.
      server.kill('SIGINT');
      await Promise.race([ended, sleep(10_000)]);
      server.kill('SIGQUIT');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const made = spawnSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'tester', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
      { ...options, encoding: 'utf8', timeout: START_MS },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
    const port = await freePort();
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      shared_buffers: '16MB',
      max_connections: '60',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    server = spawn(join(bin, 'postgres'), ['-D', data, ...args], { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    // A test run that ends early must not leave a server behind; SIGQUIT needs nobody to wait for it.
    const running = server;
    process.once('exit', () => running.kill('SIGQUIT'));
    let said = '';
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
    await untilReady(server, () => said);
    const url = (database: string) => `postgres://tester:unused-password@127.0.0.1:${port}/${database}`;
    let databases = 0;
    return {
      url: url('postgres'),
      port,
      createDatabase: async () => {
        databases += 1;
        const name = `test_${databases}`;
        const { default: pg } = await import('pg');
        const client = new pg.Client({ connectionString: url('postgres') });
        await client.connect();
        await client.query(`CREATE DATABASE ${name}`);
        await client.end();
        return url(name);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim());
  const uid = id('-u');
  if (!uid) throw new Error('PostgreSQL does not run as root, and there is no user "postgres"');
  return { uid, gid: id('-g') };
}

async function untilReady(server: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!said().includes('ready to accept connections')) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`PostgreSQL did not start: ${said()}`);
    await sleep(20);
  }
}
