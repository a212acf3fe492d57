import type { RpcError } from '#plugins/tool-dispatch/api';

/** JSON-RPC 2.0 as MCP uses it, and the names that the protocol revisions reserve. */
export type Id = string | number;
export type Params = Readonly<Record<string, unknown>>;
export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: Id;
  readonly method: string;
  readonly params?: Params;
}
export interface RpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Params;
}
export interface RpcResponse {
  readonly jsonrpc: '2.0';
  readonly id: Id;
  readonly result?: unknown;
  readonly error?: RpcError['rpc'];
}
export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

/** Newest first. The modern era begins with 2026-07-28; revisions are dates, so they compare as text. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
export const MODERN_VERSIONS: readonly string[] = ['2026-07-28'];
export const isModernVersion = (version: string): boolean => version >= '2026-07-28';

export const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
export const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const META_CLIENT = 'io.modelcontextprotocol/clientInfo';
export const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
export const META_SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
/** A server behind us failed; `data` names it. */
export const SERVER_ERROR = -32000;
export const HEADER_MISMATCH = -32020;
export const MISSING_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is Id => typeof value === 'string' || Number.isInteger(value);

/** The message in a parsed body, or undefined when it is none. */
export function asMessage(value: unknown): RpcMessage | undefined {
  if (!isObject(value) || value.jsonrpc !== '2.0') return undefined;
  if (value.params !== undefined && !isObject(value.params)) return undefined;
  if (typeof value.method === 'string') {
    return value.id === undefined || isId(value.id) ? (value as unknown as RpcMessage) : undefined;
  }
  const answered = 'result' in value !== 'error' in value;
  return isId(value.id) && answered ? (value as unknown as RpcResponse) : undefined;
}
export const isRequest = (message: RpcMessage): message is RpcRequest => 'method' in message && 'id' in message;
export const isResponse = (message: RpcMessage): message is RpcResponse => !('method' in message);

/** `result` is JSON text and goes out byte for byte. */
export const resultText = (id: Id, result: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
export const errorText = (id: Id | null, error: RpcError['rpc']): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error });
export const notificationText = (method: string, params?: unknown): string =>
  JSON.stringify(params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params });

/** Adds members in front of the first one of a JSON object's text; the rest stays as it is. */
export function withMembers(objectText: string, members: string): string {
  const open = objectText.indexOf('{');
  const empty = objectText
    .slice(open + 1)
    .trimStart()
    .startsWith('}');
  return `{${members}${empty ? '' : ','}${objectText.slice(open + 1)}`;
}
