import type { Tool, ToolResult } from '#plugins/tool-registry/api';
import type { Caller, CallRecord, Conversation, Era, Hello, RequestOptions } from './api.ts';
import type { Connection } from './connection.ts';
import { isRpcError } from './faults.ts';
import { paramHeaders } from './param-headers.ts';

/** What a conversation needs of the server behind it. */
export interface Line {
  readonly id: string;
  readonly callMs: number;
  acquire(signal: AbortSignal | undefined): Promise<Connection>;
  /** The tool that the server lists under this name. */
  tool(name: unknown): Tool | undefined;
  finished(record: CallRecord): void;
}

type Answer = { readonly text: string; readonly result: unknown };
type CallParams = { readonly name?: unknown; readonly arguments?: unknown } | undefined;

/** A conversation outlives a connection: each request takes the one that is there then. */
export class ServerConversation implements Conversation {
  readonly #line: Line;
  readonly #caller: Caller | undefined;
  #connection: Connection;

  constructor(line: Line, connection: Connection, caller: Caller | undefined) {
    this.#line = line;
    this.#connection = connection;
    this.#caller = caller;
  }

  get server(): string {
    return this.#line.id;
  }
  get era(): Era {
    return this.#connection.era;
  }
  get hello(): Hello {
    return this.#connection.hello;
  }

  async request(method: string, params: unknown, options: RequestOptions = {}): Promise<Answer> {
    if (this.#connection.isClosed) this.#connection = await this.#line.acquire(options.signal);
    const tool = method === 'tools/call' ? this.#line.tool((params as CallParams)?.name) : undefined;
    return tool === undefined ? this.#ask(method, params, options) : this.#call(tool, params as CallParams, options);
  }

  notify(method: string, params: unknown): void {
    this.#connection.rpc.notify(method, params);
  }

  #ask(
    method: string,
    params: unknown,
    options: RequestOptions,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    return this.#connection.ask(method, params, {
      timeoutMs: options.timeoutMs ?? this.#line.callMs,
      signal: options.signal,
      peer: options.peer ?? this.#caller?.peer,
      headers,
    });
  }

  /** A call is recorded whichever way it came, and a modern server wants some of its arguments in headers too. */
  async #call(tool: Tool, params: CallParams, options: RequestOptions): Promise<Answer> {
    const modern = this.#connection.era === 'modern';
    const headers = modern ? paramHeaders(tool.definition.inputSchema, params?.arguments) : undefined;
    const started = performance.now();
    const record = (outcome: CallRecord['outcome'], resultBytes: number, code?: string): void =>
      this.#line.finished({
        tool: tool.id,
        server: tool.server,
        principal: this.#caller?.principal ?? 'anonymous',
        startedAt: performance.timeOrigin + started,
        durationMs: performance.now() - started,
        outcome,
        ...(code !== undefined && { code }),
        attempts: 1,
        resultBytes,
      });
    try {
      const answer = await this.#ask('tools/call', params, options, headers);
      record((answer.result as ToolResult | null)?.isError === true ? 'tool_error' : 'ok', answer.text.length);
      return answer;
    } catch (error) {
      const { kind, code } = error as { readonly kind?: string; readonly code?: string };
      const ended = kind === 'timeout' || kind === 'cancelled' ? kind : 'error';
      record(ended, 0, isRpcError(error) ? 'SERVER_FAILED' : code);
      throw error;
    }
  }
}
