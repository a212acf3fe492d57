import type { Fault } from '#kernel';
import type { Tool, ToolResult } from '#plugins/tool-registry/api';
import type { CallOptions, CallRecord, ToolOutcome } from './api.ts';
import type { Backend } from './backend.ts';
import type { Connection } from './connection.ts';
import { cancelled, type RpcFailure, failed as serverFailed, timedOut } from './faults.ts';
import { type Asking, answerInputs, type InputRequired, isInputRequired } from './input-required.ts';
import type { Exchange } from './pending.ts';
import { metaText } from './protocol.ts';

/** A request that never left is sent again, but not for ever. */
const MOST_ATTEMPTS = 4;

export interface CallHost {
  readonly retry: boolean;
  finished(record: CallRecord): void;
  headers(
    tool: Tool,
    parameters: Readonly<Record<string, unknown>>,
    connection: Connection,
  ): Readonly<Record<string, string>> | undefined;
}

/** One tool call from its first attempt to its record. It is itself what waits for the answer: no promise per step. */
export class ServerCall implements Exchange {
  readonly #host: CallHost;
  readonly #backend: Backend;
  readonly #tool: Tool;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #options: CallOptions;
  readonly #resolve: (outcome: ToolOutcome) => void;
  readonly #reject: (error: unknown) => void;
  readonly #began = performance.now();
  #startedAt = this.#began;
  readonly #timeoutMs: number;
  #attempts = 0;
  #retried = false;
  #rounds = 0;
  #connection: Connection | undefined;
  #inputs: Readonly<Record<string, unknown>> | undefined;

  constructor(
    host: CallHost,
    backend: Backend,
    tool: Tool,
    parameters: Readonly<Record<string, unknown>>,
    options: CallOptions,
    resolve: (outcome: ToolOutcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.#host = host;
    this.#backend = backend;
    this.#tool = tool;
    this.#parameters = parameters;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timeoutMs = options.timeoutMs ?? backend.spec.timeouts.callMs;
  }

  begin(): void {
    const { signal, caller } = this.#options;
    if (signal?.aborted) return this.#fail(cancelled(this.#backend.id, 'tools/call'));
    const connection = this.#backend.ready(caller);
    if (connection !== undefined) return this.#send(connection);
    const left = this.#left();
    if (left <= 0) return this.#fail(timedOut(this.#backend.id, 'tools/call', this.#timeoutMs));
    this.#backend.acquire(caller, left, signal).then(
      (found) => this.#send(found),
      (error: Fault) => this.#fail(error),
    );
  }

  answered(text: string, result: unknown): void {
    const { caller, passInputs } = this.#options;
    const peer = caller?.peer;
    if (!passInputs && peer?.request !== undefined && isInputRequired(result))
      return this.#answerInputs(result, peer.request.bind(peer));
    const outcome = result as ToolResult;
    this.#record(outcome?.isError === true ? 'tool_error' : 'ok', undefined, text.length);
    this.#resolve(this.#attempts > 1 ? { text, result: outcome, attempts: this.#attempts } : { text, result: outcome });
  }

  refused(rpc: RpcFailure): void {
    this.#fail(serverFailed(this.#backend.id, rpc));
  }

  failed(error: Fault, unsent: boolean): void {
    if (unsent && error.code === 'SERVER_LOST' && this.#attempts < MOST_ATTEMPTS) return this.begin();
    const { annotations } = this.#tool.definition;
    const safe = annotations?.idempotentHint === true || annotations?.readOnlyHint === true;
    if (error.code === 'SERVER_LOST' && safe && this.#host.retry && !this.#retried) {
      this.#retried = true;
      return this.begin();
    }
    this.#fail(error);
  }

  #send(connection: Connection): void {
    const timeoutMs = this.#timeoutMs === 0 ? 0 : this.#left();
    if (timeoutMs < 0) return this.#fail(timedOut(this.#backend.id, 'tools/call', this.#timeoutMs));
    this.#attempts++;
    this.#connection = connection;
    const { rpc, era } = connection;
    const { signal, meta, caller } = this.#options;
    const peer = caller?.peer;
    const token = peer?.notify === undefined ? undefined : meta?.progressToken;
    const id = rpc.allot();
    const { name } = this.#tool;
    let params = `{"name":${JSON.stringify(name)},"arguments":${this.#argumentsText()}`;
    const metaJson = metaText(era, meta, token === undefined ? undefined : id);
    if (metaJson !== undefined) params += `,"_meta":${metaJson}`;
    const extra = this.#inputs ?? this.#options.extra;
    if (extra !== undefined)
      for (const [key, value] of Object.entries(extra))
        if (value !== undefined) params += `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
    const headers = era === 'modern' ? this.#host.headers(this.#tool, this.#parameters, connection) : undefined;
    rpc.start(id, 'tools/call', `${params}}`, this, { timeoutMs, signal, peer, token, headers }, name);
  }

  #argumentsText(): string {
    const given = this.#options.parametersText;
    // A line break would end the message on line-framed transports.
    if (given !== undefined && !given.includes('\n') && !given.includes('\r')) return given;
    return JSON.stringify(this.#parameters);
  }

  /** A modern server asks inside its answer: put the questions to the caller, and call again with the answers. */
  #answerInputs(required: InputRequired, request: Asking['request']): void {
    const { signal } = this.#options;
    const asked = performance.now();
    const asking = { server: this.#backend.id, method: 'tools/call', request, signal };
    answerInputs(required, ++this.#rounds, asking).then(
      (inputs) => {
        this.#inputs = inputs;
        // The time that a person takes is not the server's.
        this.#startedAt += performance.now() - asked;
        const connection = this.#connection;
        if (connection === undefined || connection.isClosed) this.begin();
        else this.#send(connection);
      },
      (error: Fault) => this.#fail(error),
    );
  }

  #left(): number {
    return this.#timeoutMs === 0 ? 2 ** 31 - 1 : this.#startedAt + this.#timeoutMs - performance.now();
  }

  #fail(error: Fault): void {
    const outcome = error.kind === 'timeout' ? 'timeout' : error.kind === 'cancelled' ? 'cancelled' : 'error';
    this.#record(outcome, error.code, 0);
    this.#reject(error);
  }

  #record(outcome: CallRecord['outcome'], code: string | undefined, resultBytes: number): void {
    const startedAt = performance.timeOrigin + this.#began;
    this.#host.finished({
      tool: this.#tool.id,
      server: this.#tool.server,
      principal: this.#options.caller?.principal ?? 'anonymous',
      startedAt,
      durationMs: performance.now() - this.#began,
      outcome,
      ...(code !== undefined && { code }),
      attempts: this.#attempts,
      resultBytes,
    });
  }
}
