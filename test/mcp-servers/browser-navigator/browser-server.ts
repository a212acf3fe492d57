import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { findChromium } from '../../../mcp-servers/browser-navigator/find-chromium.ts';

export const MAIN = fileURLToPath(new URL('../../../mcp-servers/browser-navigator/main.ts', import.meta.url));

/** Why there is no browser here, or undefined. With CI=true it is not a reason to leave a test out. */
export const chromiumMissing = missing();

function missing(): string | undefined {
  try {
    findChromium(process.env.CHROMIUM || undefined);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`the tests of the browser navigator need Chromium: ${reason}`);
    process.stderr.write(`left out: the tests of the browser navigator; ${reason}\n`);
    return reason;
  }
}

export type Structured = {
  success: boolean;
  error: { code: string; message: string; hint?: string } | null;
  session_id: string;
  url: string;
  title: string;
  status?: number;
  notes: string[];
  text: string;
  total: number;
  next_offset?: number;
  width: number;
  height: number;
};
export type Result = {
  content: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent: Structured;
  isError?: boolean;
};

/** The real program over stdio, with a temporary folder of its own, which marks all its processes. */
export class BrowserServer {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  readonly temp = mkdtempSync(join(tmpdir(), 'bn-'));
  stderr = '';

  constructor(flags: string[] = ['--allow-private=127.0.0.1'], env: Record<string, string> = {}) {
    this.client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    this.transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, ...flags],
      env: {
        PATH: process.env.PATH ?? '',
        TMPDIR: this.temp,
        ...(process.env.CHROMIUM && { CHROMIUM: process.env.CHROMIUM }),
        ...env,
      },
      stderr: 'pipe',
    });
    this.transport.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  async connect(): Promise<this> {
    await this.client.connect(this.transport);
    return this;
  }

  get pid(): number {
    return this.transport.pid!;
  }

  async call(name: string, args: object, options: { signal?: AbortSignal } = {}): Promise<Result> {
    const request = { name: `browser_${name}`, arguments: { ...args } };
    return (await this.client.callTool(request, { timeout: 120_000, ...options })) as unknown as Result;
  }

  /** The structured answer of a call that must succeed. */
  async ok(name: string, args: object): Promise<Structured> {
    const { structuredContent, content } = await this.call(name, args);
    if (!structuredContent.success) throw new Error(content[0]!.text);
    return structuredContent;
  }

  async fault(name: string, args: object): Promise<NonNullable<Structured['error']>> {
    const { structuredContent, isError } = await this.call(name, args);
    if (!structuredContent.error || isError !== true)
      throw new Error(`it succeeded: ${JSON.stringify(structuredContent)}`);
    return structuredContent.error;
  }

  /** The tree of the page as lines, and the ref of the line that holds a text. */
  async tree(session_id: string): Promise<{ text: string; ref: (line: string) => string }> {
    const { text } = await this.ok('read', { session_id });
    const ref = (part: string): string => {
      const line = text.split('\n').find((each) => each.includes(part));
      const found = /\[ref=(\w+)\]/.exec(line ?? '')?.[1];
      if (found === undefined) throw new Error(`no ref at "${part}" in\n${text}`);
      return found;
    };
    return { text, ref };
  }

  /** Processes of the browser that are there, by the folder in their command line. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== this.pid)
      .filter((pid) => commandLine(pid).includes(this.temp))
      .map(Number);
  }

  async close(): Promise<void> {
    await this.client.close();
    for (let wait = 0; existsSync(`/proc/${this.pid}`) && wait < 200; wait++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(this.temp, { recursive: true, force: true, maxRetries: 5 });
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
