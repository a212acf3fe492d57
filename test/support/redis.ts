import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/**
 * A Redis of one test file: own folder, own port on loopback, gone afterwards. It uses the binary of the system (Debian:
 * `apt-get install redis-server`). Every write is in its log before it answers, so that it has it back after a SIGKILL.
 */
export interface Redis {
  readonly url: string;
  readonly port: number;
  /** SIGKILL: connections break, nothing is said good-bye to. */
  kill(): Promise<void>;
  /** Again, on the same port and with the same data. */
  start(): Promise<void>;
  /** Everything in it is gone. */
  flush(): Promise<void>;
  /** Accepts connections and does not answer (SIGSTOP), until `resume`. */
  freeze(): void;
  resume(): void;
  stop(): Promise<void>;
}

const START_MS = 30_000;

/** Undefined where there is no binary, and a throw where it must be there (CI, REQUIRE_REDIS=1). */
export function findRedis(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const found = folders.map((folder) => join(folder, 'redis-server')).find((file) => existsSync(file));
  if (found === undefined && (process.env.CI === 'true' || process.env.REQUIRE_REDIS === '1'))
    throw new Error('Redis tests are required here, and redis-server is not found: apt-get install redis-server');
  return found;
}

export async function startRedis(): Promise<Redis> {
  const binary = findRedis();
  if (binary === undefined) throw new Error('no redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  };
  process.once('exit', () => server?.kill('SIGKILL'));
  const start = async (): Promise<void> => {
    const options = { bind: '127.0.0.1', port, dir: folder, save: '', appendonly: 'yes', appendfsync: 'always' };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const starting = spawn(binary, args, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    server = starting;
    let said = '';
    starting.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
    const deadline = Date.now() + START_MS;
    while (!said.includes('Ready to accept connections')) {
      if (starting.exitCode !== null || Date.now() > deadline) throw new Error(`Redis did not start: ${said}`);
      await sleep(20);
    }
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: end,
    start,
    flush: async () => {
      const socket = connect(port, '127.0.0.1');
      socket.write('FLUSHALL\r\n');
      const [answer] = await once(socket, 'data');
      socket.destroy();
      if (String(answer) !== '+OK\r\n') throw new Error(`Redis was not emptied: ${answer}`);
    },
    freeze: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    stop: async () => {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
