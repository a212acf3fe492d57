import { randomUUID } from 'node:crypto';
import { fault, isFault, type Log, reason } from '#kernel';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { Available } from './available.ts';
import type { EventClient } from './event-client.ts';
import type { EventLog } from './event-log.ts';
import { demand, type Executor } from './execute.ts';
import { type ClientMessage, checkMessage, type ExecuteMessage, parseMessage } from './messages.ts';
import type { SocketServers } from './socket-servers.ts';

export interface ClientRequestsParts {
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly executor: Executor;
  readonly available: Available;
  readonly servers: SocketServers;
  readonly events: EventLog;
  /** Calls in flight for one client. */
  readonly maxCalls: number;
}

/** What clients of the event socket ask, and the answers. */
export class ClientRequests {
  readonly #parts: ClientRequestsParts;

  constructor(parts: ClientRequestsParts) {
    this.#parts = parts;
  }

  /** One message of a client, answered on its socket. Never throws. */
  received(text: string, client: EventClient): void {
    let requestId: unknown;
    try {
      const message = parseMessage(text);
      if ('jsonrpc' in message) {
        if (this.#parts.servers.received(text, client.id)) return;
        throw fault('SOCKET_NO_MCP', 'this socket registered no server that speaks MCP', {
          kind: 'invalid',
          hint: 'send register_tool with "protocol": "mcp" first; as an MCP client use /mcp',
        });
      }
      requestId = message.request_id;
      this.#answer(checkMessage(message), client);
    } catch (error) {
      client.tell(this.#failure(error, requestId));
    }
  }

  #answer(message: ClientMessage, client: EventClient): void {
    const { servers, events } = this.#parts;
    const { request_id } = message;
    const to = request_id === undefined ? {} : { request_id };
    switch (message.type) {
      case 'ping':
        return client.tell({ type: 'pong', ...to, seq: events.seq, timestamp: new Date().toISOString() });
      case 'list_tools': {
        const body = String(this.#parts.available.answer({ format: 'json', text: 'true' }, undefined).body);
        const begin = JSON.stringify({ type: 'list_tools_result', ...to, success: true });
        return client.write(`${begin.slice(0, -1)},${body.slice(1)}`);
      }
      case 'subscribe':
        return this.#subscribe(message, client);
      case 'execute_tool':
        void this.#execute(message, client);
        return;
      case 'cancel_tool':
        client.calls.get(message.request_id)?.abort();
        return;
      case 'register_tool':
        demand(client.principal, 'tools:write', 'register_tool');
        return client.tell({ type: 'register_tool_result', ...to, ...servers.register(message, client) });
      case 'unregister_tool':
        demand(client.principal, 'tools:write', 'unregister_tool');
        return client.tell({ type: 'unregister_tool_result', ...to, ...servers.unregister(message.tool_id, client) });
      case 'execute_tool_result':
        if (!servers.answered(message, client.id))
          throw fault('REQUEST_UNKNOWN', 'no call waits for this result: it was cancelled, or answered before', {
            kind: 'not_found',
          });
        return;
    }
  }

  #subscribe(message: Extract<ClientMessage, { type: 'subscribe' }>, client: EventClient): void {
    const { registry, events } = this.#parts;
    client.subscribe(message.types);
    const missed = message.since === undefined ? [] : events.after(message.since);
    client.tell({
      type: missed === undefined ? 'resync_required' : 'subscribed',
      ...(message.request_id !== undefined && { request_id: message.request_id }),
      version: registry.snapshot.version,
      seq: events.seq,
      ...(missed !== undefined && { replayed: missed.filter((event) => client.wants(event)).length }),
    });
    for (const event of missed ?? []) if (client.wants(event)) client.tell(event);
  }

  async #execute(message: ExecuteMessage, client: EventClient): Promise<void> {
    const { request_id: id, tool_id: tool } = message;
    const call = new AbortController();
    try {
      demand(client.principal, 'tools:call', 'execute_tool');
      if (client.calls.has(id)) throw fault('REQUEST_TWICE', `request ${id} still runs`, { kind: 'conflict' });
      if (client.calls.size >= this.#parts.maxCalls)
        throw fault('SOCKET_BUSY', `${client.calls.size} calls of this socket are in flight`, {
          kind: 'rate_limited',
          hint: 'wait for results, or raise events.maxCalls of tool-api',
        });
      client.calls.set(id, call);
      try {
        const { body } = await this.#parts.executor.run(tool, message, client.principal, call.signal);
        client.tell({ type: 'execute_tool_result', request_id: id, ...body, result: body.output });
      } finally {
        client.calls.delete(id);
      }
    } catch (error) {
      const { type: _, request_id: __, ...failure } = this.#failure(error, id);
      client.tell({ type: 'execute_tool_result', request_id: id, success: false, tool_id: tool, error: failure });
    }
  }

  #failure(error: unknown, requestId: unknown) {
    const to = typeof requestId === 'string' || typeof requestId === 'number' ? { request_id: requestId } : {};
    if (!isFault(error) || error.kind === 'internal') {
      const reference = randomUUID();
      this.#parts.log.error('A message failed.', { reference, reason: reason(error) });
      return { type: 'error', ...to, code: 'INTERNAL', message: 'the server failed to answer', reference };
    }
    const { challenge: _, ...data } = error.data;
    return {
      type: 'error',
      ...to,
      ...data,
      code: error.code,
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.alternatives.length > 0 && { alternatives: error.alternatives }),
    };
  }
}
