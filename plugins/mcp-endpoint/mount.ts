import type { Scope } from '#plugins/auth/api';
import type { Hello, RpcNotification } from '#plugins/tool-dispatch/api';
import type { Client, Exchange } from './exchange.ts';
import { withMembers } from './wire.ts';

/** What stands behind one path: all tools, search mode, or one server as it is. */
export interface Mount {
  /** What a client is told first: capabilities, name, instructions. */
  hello(client: Client): Promise<Omit<Hello, 'protocolVersion'>>;
  /** What a caller needs for calling this tool; without it `tools:call`. */
  scope?(tool: unknown): Scope;
  /** The result of a request, as JSON text in the form of the client's era. */
  request(exchange: Exchange): Promise<string>;
  /** A notification of a client that is more than bookkeeping. */
  notify(client: Client, notification: RpcNotification): void;
  /** A legacy client's session ended: what was held for it alone is let go. */
  left(client: Client): void;
  /** Notifications outside any request. The undo ends it. */
  subscribe(listener: (notification: RpcNotification) => void): () => void;
}

/** How long a modern client may keep a list or a read without asking again. */
export interface CacheHint {
  readonly ttlMs: number;
}

/**
 * The modern era wants `resultType` on every result, and `ttlMs` and `cacheScope` on lists and reads. Members that the
 * server sent stay as they are.
 */
export function modernResult(text: string, result: unknown, cache?: CacheHint): string {
  const has = (member: string) => typeof result === 'object' && result !== null && member in result;
  const members: string[] = [];
  if (!has('resultType')) members.push('"resultType":"complete"');
  if (cache !== undefined && !has('ttlMs')) members.push(`"ttlMs":${cache.ttlMs}`);
  if (cache !== undefined && !has('cacheScope')) members.push('"cacheScope":"private"');
  return members.length === 0 ? text : withMembers(text, members.join(','));
}
