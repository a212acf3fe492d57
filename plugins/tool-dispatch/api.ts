import { type Token, token } from '#kernel';
import type { Tool, ToolResult } from '#plugins/tool-registry/api';

/** Calls a tool wherever it lives, and relays whole MCP conversations for endpoints that need more than calls. */
export interface ToolDispatcher {
  /**
   * One tool call: arguments are checked, a connection is found (or waited for), limits, retry, breaker and failover apply.
   * Faults, each naming the server: SERVER_TIMEOUT (`timeout`), SERVER_UNAVAILABLE (`unavailable`), SERVER_FAILED (the server
   * answered a JSON-RPC error; `data.rpc` holds it), SERVER_LOST (the connection broke under the call), RESULT_TOO_LARGE,
   * ARGUMENTS_INVALID, CALL_CANCELLED.
   */
  call(tool: Tool, parameters: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<ToolOutcome>;
  /** A conversation with a server in one era, connected when this resolves. */
  open(server: string, options?: OpenOptions): Promise<Conversation>;
  /** Which eras the server speaks; asks it once where nobody knows, and keeps the verdict. */
  eras(server: string): Promise<readonly Era[]>;
  /** Called once per finished call, synchronously: statistics, metrics, audit. Must be cheap and not throw. */
  onCall(listener: (record: CallRecord) => void): () => void;
  /** Messages of a server outside any request: list_changed, resource updates, log lines. */
  onNotification(listener: (server: string, notification: RpcNotification) => void): () => void;
  /** An independent server that connected to us over a socket; the undo detaches it. */
  attach(connection: string, wire: Wire): () => void;
  /** A caller's session ended: the connections that were its own are closed. */
  endSession(session: string): void;
}

/** legacy: 2024-11-05 to 2025-11-25, a session with a handshake. modern: from 2026-07-28, every request stands alone. */
export type Era = 'legacy' | 'modern';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly caller?: Caller;
  /** `_meta` of the caller's request; its progress token is replaced by our own. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Skip the schema check: the caller did it, or the endpoint is transparent. */
  readonly unchecked?: boolean;
  /** The JSON text that `parameters` was parsed from, where the caller still has it: it is sent as it is. */
  readonly parametersText?: string;
  /** Other members of the request's `params` that travel along: `inputResponses`, `requestState`, `task`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The caller takes a modern server's questions as they come, in a result with `input_required`, and calls again itself. */
  readonly passInputs?: boolean;
}

/** Who calls: chooses the connection of `session` and `user` servers, and answers what servers ask in mid-call. */
export interface Caller {
  readonly principal: string;
  readonly session?: string;
  readonly peer?: Peer;
}

/** The caller's side of a conversation: elicitation, sampling, roots, progress, log messages. */
export interface Peer {
  /** A request of the server (legacy era). Reject with an RpcError to answer an error. Absent: the server is told that nobody can answer. */
  request?(method: string, params: unknown, signal: AbortSignal): Promise<unknown>;
  /** A notification that belongs to this request: progress (with the caller's own token), logging. */
  notify?(notification: RpcNotification): void;
}

export interface ToolOutcome {
  /** The result as JSON text, byte for byte as the server sent it. */
  readonly text: string;
  readonly result: ToolResult;
  /** How often the call was sent; absent where it was once. */
  readonly attempts?: number;
}

export interface CallRecord {
  readonly tool: string;
  readonly server: string;
  readonly principal: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'tool_error' | 'error' | 'timeout' | 'cancelled';
  /** Fault code where the call failed. */
  readonly code?: string;
  readonly attempts: number;
  readonly resultBytes: number;
}

export interface OpenOptions {
  /** Default: the era of the server's main connection. ERA_UNSUPPORTED where it does not speak it. */
  readonly era?: Era;
  readonly caller?: Caller;
  readonly signal?: AbortSignal;
}

/** Raw JSON-RPC with one server. Ids and progress tokens are renumbered; nothing else is changed. */
export interface Conversation {
  readonly server: string;
  readonly era: Era;
  /** The server's `initialize` or `server/discover` result, as sent. */
  readonly hello: Hello;
  /** Resolves with the result's JSON text; rejects with RpcError for a JSON-RPC error, with the faults of `call` otherwise. */
  request(
    method: string,
    params: unknown,
    options?: RequestOptions,
  ): Promise<{ readonly text: string; readonly result: unknown }>;
  notify(method: string, params: unknown): void;
}
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** 0: no limit (subscriptions). */
  readonly timeoutMs?: number;
  readonly peer?: Peer;
  /**
   * The caller takes a modern server's questions as they come, in a result with `input_required`, and asks again itself.
   * Without it they are put to the peer: QUESTION_UNANSWERED where it does not answer, INPUT_ENDLESS after 16 rounds.
   */
  readonly passInputs?: boolean;
}
export interface Hello {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo?: { readonly name: string; readonly version: string; readonly [key: string]: unknown };
  readonly instructions?: string;
  readonly [key: string]: unknown;
}

export interface RpcNotification {
  readonly method: string;
  readonly params?: unknown;
}
/** A JSON-RPC error that passes through unchanged. `name` is `RpcError`; `code`, `message` and `data` are the wire's. */
export interface RpcError extends Error {
  readonly name: 'RpcError';
  readonly rpc: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** One JSON-RPC message a time, as text, in both directions. */
export interface Wire {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: (why: string) => void): void;
  close(): void;
}

export const TOOL_DISPATCHER: Token<ToolDispatcher> = token<ToolDispatcher>('tool.dispatcher');
