import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { sandboxMissing as missing } from '../../support/sandbox.ts';

export const MAIN = fileURLToPath(new URL('../../../mcp-servers/python-executor/main.ts', import.meta.url));

export type Structured = {
  success: boolean;
  error: { code: string; type: string; message: string; traceback?: string; hint?: string } | null;
  stdout: string;
  stderr: string;
  value: string | null;
  value_json?: unknown;
  exit_code?: number;
  artifacts: { path: string; uri: string; mime_type: string; size: number }[];
  artifacts_skipped: { path: string; reason: string }[];
  execution_time_ms: number;
  engine: string;
  timed_out: boolean;
  memory_exceeded: boolean;
  output_truncated: boolean;
  session_id?: string;
  session_reset?: boolean;
  sessions?: { session_id: string; executions: number }[];
};

export type Content = {
  type: string;
  text?: string;
  data?: string;
  mimeType?: string;
  resource?: { uri: string; mimeType?: string; text?: string; blob?: string };
};
export type Result = { content: Content[]; structuredContent: Structured; isError?: boolean };

export const sandboxMissing = missing("the tests of the Python executor's CPython sandbox", [
  'python3',
  '-I',
  '-c',
  'pass',
]);

/**
 * The real program over stdio. `mark` is an unusual output limit: it stands in the command line of every process that
 * the server starts, so that whatever is left of them can be found among the processes of others.
 */
export class PythonServer {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  readonly mark: number;

  constructor(flags: string[] = [], env: Record<string, string> = {}, mode: 'legacy' | 'auto' = 'legacy') {
    this.mark = 1_000_000 + randomInt(900_000);
    this.client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    this.transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, '--output-bytes', String(this.mark), ...flags],
      env: { PATH: process.env.PATH ?? '', ...env },
      stderr: 'inherit',
    });
  }

  async connect(): Promise<this> {
    await this.client.connect(this.transport);
    return this;
  }

  get pid(): number {
    return this.transport.pid!;
  }

  async call(name: string, args: Record<string, unknown>, options: { signal?: AbortSignal } = {}): Promise<Result> {
    return (await this.client.callTool(
      { name, arguments: args },
      { timeout: 60_000, ...options },
    )) as unknown as Result;
  }

  run(code: string, more: Record<string, unknown> = {}): Promise<Result> {
    return this.call('python_execute', { code, ...more });
  }

  /** Processes that this server started and that are still there. */
  leftovers(): number[] {
    return processesWith(String(this.mark)).filter((pid) => pid !== this.pid);
  }

  /** Milliseconds until nothing is left; throws after `limitMs`. */
  async allGone(limitMs = 5_000): Promise<number> {
    return gone(() => this.leftovers(), limitMs);
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

export async function gone(find: () => number[], limitMs = 5_000): Promise<number> {
  const start = performance.now();
  for (;;) {
    const left = find();
    if (left.length === 0) return performance.now() - start;
    if (performance.now() - start > limitMs) throw new Error(`still running: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter((pid) => pid !== process.pid);
}
