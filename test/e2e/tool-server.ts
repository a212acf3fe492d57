import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KernelProcess, startKernelProcess } from '../support/boot-kernel.ts';
import { freePort } from '../support/free-port.ts';

const PIPELINE = resolve(import.meta.dirname, '../../pipelines/server.yaml');

/** Entries of an `mcp.json`, by id. */
export type ServerEntries = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The server as users start it: a process of its own, with its own port, data folder and `mcp.json`. */
export interface ToolServer {
  readonly url: string;
  /** Where it runs: its `data/`, its `mcp.json`, its own `plugins/`. */
  readonly dir: string;
  readonly kernel: KernelProcess;
  /** Of `performance.now()`, just before the process was started. */
  readonly startedAt: number;
  /** Resolves when `/ready` answers 200. */
  ready(withinMs?: number): Promise<void>;
  json(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  stop(): Promise<void>;
}

export interface ToolServerOptions {
  /** Load plugins as they are dropped and edited. Off: sources that are edited meanwhile do not disturb. */
  readonly watch?: boolean;
}

export async function startToolServer(
  servers: ServerEntries,
  env: Record<string, string> = {},
  { watch = false }: ToolServerOptions = {},
): Promise<ToolServer> {
  const dir = await mkdtemp(join(tmpdir(), 'tool-server-'));
  const config = join(dir, 'mcp.json');
  await writeFile(config, JSON.stringify({ mcpServers: servers }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const remove = () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const kernel = await startKernelProcess(PIPELINE, {
      args: watch ? [] : ['--no-watch'],
      env: { PORT: String(port), DATA_DIR: join(dir, 'data'), MCP_CONFIG: config, ...env },
      cwd: dir,
    });
    const json = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, body: (await response.json()) as unknown };
    };
    return {
      url,
      dir,
      kernel,
      startedAt,
      json,
      ready: async (withinMs = 30_000) => {
        const deadline = Date.now() + withinMs;
        for (let last = await json('/ready'); last.status !== 200; last = await json('/ready')) {
          if (Date.now() > deadline)
            throw new Error(`not ready in ${withinMs} ms: ${JSON.stringify((await json('/health')).body)}`);
          await sleep(25);
        }
      },
      stop: async () => {
        await kernel.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
