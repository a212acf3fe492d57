import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KERNEL_BIN, type KernelProcess, startKernelProcess } from '../support/boot-kernel.ts';
import { freePort } from '../support/free-port.ts';

const PIPELINE = process.env.E2E_PIPELINE ?? resolve(import.meta.dirname, '../../pipelines/server.yaml');
export const ECHO = resolve(import.meta.dirname, '../fixtures/servers/echo.ts');
export const fixture = (name: string, ...args: string[]) => ({
  command: process.execPath,
  args: [resolve(import.meta.dirname, `../fixtures/servers/${name}.ts`), ...args],
});

export interface ServerOptions {
  /** Entries of `mcp.json`; a string is its text as it is, null leaves the file out. */
  readonly servers?: Readonly<Record<string, object>> | string | null;
  /** Options that differ from those in `pipelines/server.yaml`. */
  readonly plugins?: Readonly<Record<string, object | 'off'>>;
  readonly env?: Readonly<Record<string, string>>;
  /** More folders with plugins. */
  readonly dirs?: readonly string[];
  /** Runs before the start, with the folder of this server: data goes into `data`. */
  readonly prepare?: (dir: string) => void | Promise<void>;
}

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly kernel: KernelProcess;
  stop(): Promise<number | null>;
}

interface Place {
  readonly dir: string;
  readonly port: number;
  readonly pipeline: string;
  readonly env: Record<string, string>;
}

/** `pipelines/server.yaml` as users start it, with a port and folders of its own, ready to serve. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const { dir, port, pipeline, env } = await place(options);
  try {
    const kernel = await startKernelProcess(pipeline, { env, cwd: dir });
    const url = `http://127.0.0.1:${port}`;
    const until = Date.now() + 20_000;
    while ((await fetch(`${url}/ready`)).status !== 200) {
      if (Date.now() > until) throw new Error(`not ready: ${await (await fetch(`${url}/ready`)).text()}`);
      await sleep(25);
    }
    const stop = async () => {
      const code = await kernel.stop();
      rmSync(dir, { recursive: true, force: true });
      return code;
    };
    return { url, port, dir, kernel, stop };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** A start that must fail: its exit code and all that it wrote. */
export async function failToStart(options: ServerOptions = {}): Promise<{ code: number | null; output: string }> {
  const { dir, pipeline, env } = await place(options);
  const child = spawn(process.execPath, [KERNEL_BIN, 'start', pipeline], {
    env: { ...process.env, ...env },
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  clearTimeout(limit);
  rmSync(dir, { recursive: true, force: true });
  return { code, output };
}

async function place({ servers = {}, plugins = {}, env = {}, dirs = [], prepare }: ServerOptions): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'server-process-'));
  const mcpConfig = join(dir, 'mcp.json');
  if (servers !== null)
    writeFileSync(mcpConfig, typeof servers === 'string' ? servers : JSON.stringify({ mcpServers: servers }));
  const pipeline = join(dir, 'pipeline.yaml');
  // Not watched: edits in the project while the tests run are nothing of theirs. JSON is YAML.
  writeFileSync(pipeline, JSON.stringify({ kernel: 1, include: [PIPELINE], watch: false, drop: false, dirs, plugins }));
  mkdirSync(join(dir, 'data'));
  await prepare?.(dir);
  const port = await freePort();
  const own = { PORT: String(port), DATA_DIR: join(dir, 'data'), MCP_CONFIG: mcpConfig };
  return { dir, port, pipeline, env: { ...own, ...env } };
}

/** Resident memory of a process in MiB; undefined where the system does not tell. */
export function residentMiB(pid: number): number | undefined {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** Sockets that a process holds; undefined where the system does not tell. */
export function openSockets(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  } catch {
    return undefined;
  }
}
