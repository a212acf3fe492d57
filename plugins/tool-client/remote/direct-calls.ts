import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { type Log, reason } from '#kernel';
import type { ToolResult } from '#plugins/tool-registry/api';
import type { PlaneCall, PlaneOutcome, PlaneTool } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { type Failure, failedOutcome, resultOutcome } from '../outcome.ts';
import type { HttpLine } from './http-line.ts';
import { jsonIn, shown } from './problem.ts';

const servers = z.object({
  servers: z.array(
    z.object({
      tool_id: z.string(),
      transports: z.array(z.string()),
      connection: z.string(),
      mcp_endpoint: z.string().startsWith('/'),
    }),
  ),
});
const REMEMBERED_MS = 10_000;

/** Calls by MCP, at the mount that the listing of servers gives for an HTTP server with one connection for all. */
export class DirectCalls {
  readonly #line: HttpLine;
  readonly #config: ToolClientConfig;
  readonly #log: Log;
  readonly #clients = new Map<string, Promise<Client>>();
  #endpoints: Promise<ReadonlyMap<string, string>> | undefined;
  #readAt = 0;
  #isTold = false;

  constructor(line: HttpLine, config: ToolClientConfig, log: Log) {
    this.#line = line;
    this.#config = config;
    this.#log = log;
  }

  /** Undefined where the call has to go by way of the server: nothing was sent then, or it is safe to send it again. */
  async call(
    tool: PlaneTool,
    args: Readonly<Record<string, unknown>>,
    { signal, timeoutMs, key }: PlaneCall,
  ): Promise<PlaneOutcome | undefined> {
    const mayRepeat = tool.readOnly === true || tool.idempotent === true;
    // Only the server can hold a call to once.
    if (key !== undefined && !mayRepeat) return undefined;
    const at = tool.id.indexOf('/');
    const [server, name] = [tool.id.slice(0, at), tool.id.slice(at + 1)];
    const begun = performance.now();
    let client: Client;
    try {
      const endpoint = (await this.#mounts()).get(server);
      if (endpoint === undefined) return undefined;
      client = await this.#client(endpoint);
    } catch (error) {
      signal.throwIfAborted();
      this.#tell(server, error);
      return undefined;
    }
    signal.throwIfAborted();
    try {
      const timeout = timeoutMs ?? this.#config.callMs;
      const result = await client.callTool({ name, arguments: { ...args } }, { signal, timeout });
      return resultOutcome(result as ToolResult, this.#config.maxOutputBytes, performance.now() - begun);
    } catch (error) {
      signal.throwIfAborted();
      const took = performance.now() - begun;
      const told = answeredFailure(error);
      if (told !== undefined) return failedOutcome(told, took);
      this.#drop(client);
      // The session is forgotten: the server refused the message itself.
      if ((error as { status?: unknown }).status === 404) return undefined;
      this.#tell(server, error);
      if (mayRepeat) return undefined;
      const message = `the connection to ${server} broke in the middle of the call: it may have had its effect`;
      return failedOutcome({ code: 'CALL_UNCERTAIN', message, kind: 'unavailable' }, took);
    }
  }

  async close(): Promise<void> {
    const open = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(open.map((each) => each.then((client) => client.close()).catch(() => undefined)));
  }

  #mounts(): Promise<ReadonlyMap<string, string>> {
    const now = performance.now();
    if (this.#endpoints === undefined || now - this.#readAt > REMEMBERED_MS) {
      this.#readAt = now;
      this.#endpoints = this.#read();
      this.#endpoints.catch(() => {
        this.#endpoints = undefined;
      });
    }
    return this.#endpoints;
  }

  async #read(): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#line.ask({ path: '/api/v1/servers', timeoutMs: this.#config.requestMs });
    return new Map(
      servers
        .parse(jsonIn(answer.text))
        .servers.filter(({ transports, connection }) => transports.includes('http') && connection === 'shared')
        .map(({ tool_id, mcp_endpoint }) => [tool_id, mcp_endpoint]),
    );
  }

  #client(endpoint: string): Promise<Client> {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const connecting = this.#connect(endpoint);
    this.#clients.set(endpoint, connecting);
    connecting.catch(() => this.#clients.delete(endpoint));
    return connecting;
  }

  async #connect(endpoint: string): Promise<Client> {
    const mcp = await import('@modelcontextprotocol/client');
    const client = new mcp.Client({ name: 'datapresso-tool-client', version: '1' });
    const requestInit = { headers: { ...this.#line.headers } };
    const transport = new mcp.StreamableHTTPClientTransport(new URL(this.#line.url + endpoint), { requestInit });
    await client.connect(transport, { timeout: this.#config.requestMs });
    return client;
  }

  #drop(client: Client): void {
    for (const [endpoint, each] of this.#clients)
      void each.then((known) => {
        if (known === client) this.#clients.delete(endpoint);
      });
    client.close().catch(() => undefined);
  }

  #tell(server: string, error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#log.warn('Tools are not called directly but by way of the server.', {
      server,
      url: shown(this.#line.url),
      reason: reason(error),
    });
  }
}

const INVALID_PARAMS = -32602;
const faultData = z.object({
  code: z.string(),
  hint: z.string().optional(),
  alternatives: z.array(z.string()).optional(),
});

/** What the mount or the tool's server answered; undefined where the way is what failed. */
function answeredFailure(error: unknown): Failure | undefined {
  const { code, data } = error as { code?: unknown; data?: unknown };
  const message = reason(error);
  if (code === 'REQUEST_TIMEOUT') return { code: 'SERVER_TIMEOUT', message, kind: 'timeout' };
  if (typeof code !== 'number') return undefined;
  const fault = faultData.safeParse(data);
  // A JSON-RPC error of the tool's server comes as it is, ours with their own code in `data`.
  if (!fault.success) return { code: 'SERVER_FAILED', message, kind: 'internal' };
  return { ...fault.data, message, kind: code === INVALID_PARAMS ? 'invalid' : 'unavailable' };
}
