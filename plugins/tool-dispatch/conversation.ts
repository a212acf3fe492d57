import { type Fault, isFault } from '#kernel';
import type { Tool, ToolResult } from '#plugins/tool-registry/api';
import type { Caller, CallRecord, Conversation, Era, Hello, RequestOptions } from './api.ts';
import type { Connection } from './connection.ts';
import { isRpcError } from './faults.ts';
import { answerInputs, isInputRequired } from './input-required.ts';
import { paramHeaders } from './param-headers.ts';

/** What a conversation needs of the server behind it. */
export interface Line {
  readonly id: string;
  readonly callMs: number;
  /** Whether calls that are safe to repeat are sent again when the server was lost under them. */
  readonly retry: boolean;
  acquire(signal: AbortSignal | undefined): Promise<Connection>;
  /** The tool that the server lists under this name. */
  tool(name: unknown): Tool | undefined;
  finished(record: CallRecord): void;
}

type Answer = { readonly text: string; readonly result: unknown };
type Sent = { readonly answer: Answer; readonly attempts: number };
const isUnsent = (lost: Fault): boolean => lost.data.unsent === true;
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
    if (tool !== undefined) return this.#call(tool, params as CallParams, options);
    return (await this.#ask(method, params, options, isUnsent)).answer;
  }

  notify(method: string, params: unknown): void {
    this.#connection.rpc.notify(method, params);
  }

  /** Sends a request, and sends it again with the answers while a modern server asks for input. */
  async #ask(
    method: string,
    params: unknown,
    options: RequestOptions,
    repeatable: (lost: Fault) => boolean,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Sent> {
    const peer = options.peer ?? this.#caller?.peer;
    const passes = options.passInputs === true || this.era === 'legacy';
    const request = passes ? undefined : peer?.request?.bind(peer);
    let sent = await this.#send(method, params, options, repeatable, headers);
    if (request === undefined) return sent;
    const asking = { server: this.#line.id, method, request, signal: options.signal };
    for (let round = 1; isInputRequired(sent.answer.result); round++) {
      const inputs = await answerInputs(sent.answer.result, round, asking);
      const { attempts } = sent;
      sent = await this.#send(method, { ...(params as object), ...inputs }, options, repeatable, headers);
      sent = { answer: sent.answer, attempts: attempts + sent.attempts };
    }
    return sent;
  }

  /** Sends a request, and once more on the next connection where `repeatable` says that its loss does no harm. */
  async #send(
    method: string,
    params: unknown,
    options: RequestOptions,
    repeatable: (lost: Fault) => boolean,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<Sent> {
    const ask = (): Promise<Answer> =>
      this.#connection.ask(method, params, {
        timeoutMs: options.timeoutMs ?? this.#line.callMs,
        signal: options.signal,
        peer: options.peer ?? this.#caller?.peer,
        headers,
      });
    try {
      return { answer: await ask(), attempts: 1 };
    } catch (error) {
      const lost = isFault(error) && error.code === 'SERVER_LOST' && repeatable(error);
      if (!lost || options.signal?.aborted) throw error;
      this.#connection = await this.#line.acquire(options.signal);
      return { answer: await ask(), attempts: 2 };
    }
  }

  /** A call is recorded whichever way it came, and a modern server wants some of its arguments in headers too. */
  async #call(tool: Tool, params: CallParams, options: RequestOptions): Promise<Answer> {
    const modern = this.#connection.era === 'modern';
    const { annotations } = tool.definition;
    const safe = this.#line.retry && (annotations?.idempotentHint === true || annotations?.readOnlyHint === true);
    const headers = modern ? paramHeaders(tool.definition.inputSchema, params?.arguments) : undefined;
    const started = performance.now();
    const record = (outcome: CallRecord['outcome'], attempts: number, resultBytes: number, code?: string): void =>
      this.#line.finished({
        tool: tool.id,
        server: tool.server,
        principal: this.#caller?.principal ?? 'anonymous',
        startedAt: performance.timeOrigin + started,
        durationMs: performance.now() - started,
        outcome,
        ...(code !== undefined && { code }),
        attempts,
        resultBytes,
      });
    try {
      const repeatable = (lost: Fault): boolean => safe || isUnsent(lost);
      const { answer, attempts } = await this.#ask('tools/call', params, options, repeatable, headers);
      const failed = (answer.result as ToolResult | null)?.isError === true;
      record(failed ? 'tool_error' : 'ok', attempts, answer.text.length);
      return answer;
    } catch (error) {
      const { kind, code } = error as { readonly kind?: string; readonly code?: string };
      const ended = kind === 'timeout' || kind === 'cancelled' ? kind : 'error';
      record(ended, 1, 0, isRpcError(error) ? 'SERVER_FAILED' : code);
      throw error;
    }
  }
}
