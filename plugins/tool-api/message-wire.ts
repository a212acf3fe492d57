import type { ResultMessage } from './messages.ts';
import { SocketWire } from './socket-wire.ts';

type Id = string | number;
interface Rpc {
  readonly id?: Id;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface MessageServer {
  readonly toolId: string;
  readonly name: string;
  readonly version: string;
  readonly tools: readonly object[];
}

const METHOD_NOT_FOUND = -32601;

/**
 * A server that speaks the socket's own messages: it is told `execute_tool` and answers `execute_tool_result`. Towards
 * the dispatcher this is an MCP server of the era before 2026-07-28.
 */
export class MessageWire extends SocketWire {
  readonly #server: MessageServer;
  readonly #tell: (message: object) => void;
  /** JSON-RPC id by the request id that the server got. */
  readonly #calls = new Map<string, Id>();
  readonly #newId: () => string;

  constructor(server: MessageServer, newId: () => string, tell: (message: object) => void) {
    super();
    this.#server = server;
    this.#newId = newId;
    this.#tell = tell;
  }

  send(text: string): void {
    const { id, method, params = {} } = JSON.parse(text) as Rpc;
    if (id === undefined) {
      if (method === 'notifications/cancelled') this.#cancel(params.requestId as Id);
      return;
    }
    switch (method) {
      case 'initialize':
        return this.#result(id, {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: this.#server.name, version: this.#server.version },
        });
      case 'ping':
        return this.#result(id, {});
      case 'tools/list':
        return this.#result(id, { tools: this.#server.tools });
      case 'tools/call':
        return this.#call(id, params);
      default:
        return this.#reply({ id, error: { code: METHOD_NOT_FOUND, message: `"${method}" is not known here` } });
    }
  }

  /** False where no call waits for this answer here. */
  answered(message: ResultMessage): boolean {
    const id = this.#calls.get(message.request_id);
    if (id === undefined) return false;
    this.#calls.delete(message.request_id);
    this.#result(id, message.success ? toolResult(message.result) : toolError(message.error ?? message.result));
    return true;
  }

  #call(id: Id, params: Readonly<Record<string, unknown>>): void {
    const requestId = this.#newId();
    this.#calls.set(requestId, id);
    this.#tell({
      type: 'execute_tool',
      request_id: requestId,
      tool_id: this.#server.toolId,
      action: params.name,
      parameters: params.arguments ?? {},
    });
  }

  #cancel(rpcId: Id): void {
    for (const [requestId, id] of this.#calls) {
      if (id !== rpcId) continue;
      this.#calls.delete(requestId);
      this.#tell({ type: 'cancel_tool', request_id: requestId });
    }
  }

  #result(id: Id, result: object): void {
    this.#reply({ id, result });
  }
  #reply(message: object): void {
    this.deliver(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }
}

/** An MCP result passes as it is, text becomes text, anything else becomes structured content with its JSON as text. */
function toolResult(result: unknown): object {
  if (typeof result === 'string') return { content: [{ type: 'text', text: result }] };
  if (typeof result === 'object' && result !== null && Array.isArray((result as { content?: unknown }).content))
    return result;
  const content = [{ type: 'text', text: result === undefined ? '' : JSON.stringify(result) }];
  const structured = typeof result === 'object' && result !== null && !Array.isArray(result);
  return structured ? { content, structuredContent: result } : { content };
}

function toolError(error: unknown): object {
  const message = (error as { message?: unknown } | null | undefined)?.message ?? error ?? 'the tool failed';
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return { content: [{ type: 'text', text }], isError: true };
}
