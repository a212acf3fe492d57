import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { fault, isFault, type Log, nearest, reason } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { HttpServer } from '#plugins/http/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { Available } from './available.ts';
import type { ToolApiConfig } from './config.ts';
import { EventClient, TRY_LATER } from './event-client.ts';
import type { EventLog, ToolEvent } from './event-log.ts';
import { demand, type Executor } from './execute.ts';
import { CLIENT_MESSAGES, type ClientMessage, clientMessage, type ExecuteMessage } from './messages.ts';
import type { SocketServers } from './socket-servers.ts';

const PROTOCOL = 1;
const GOING_AWAY = 1001;
const POLICY = 1008;
const UNSUPPORTED = 1003;
const CLOSE_MS = 500;

export interface EventSocketParts {
  readonly config: ToolApiConfig['events'];
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly executor: Executor;
  readonly available: Available;
  readonly servers: SocketServers;
  readonly events: EventLog;
  readonly watchAccess: HttpServer['watchAccess'];
}

/** `/api/v1/events/tools`: tells changes, runs tools, and takes servers that register themselves. */
export class EventSocket {
  readonly #parts: EventSocketParts;
  readonly #clients = new Map<string, EventClient>();
  #server: WebSocketServer | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(parts: EventSocketParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#clients.size;
  }

  async start(): Promise<void> {
    const { WebSocketServer: Server } = await import('ws');
    const { config } = this.#parts;
    this.#server = new Server({
      noServer: true,
      clientTracking: false,
      maxPayload: config.maxMessageBytes,
      perMessageDeflate: false,
    });
    this.#heartbeat = setInterval(() => {
      for (const client of this.#clients.values()) client.beat();
    }, config.heartbeatMs);
    this.#heartbeat.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    if (this.#clients.size === 0) return;
    for (const client of this.#clients.values()) client.close(GOING_AWAY, 'the server is going away');
    const until = Date.now() + CLOSE_MS;
    while (this.#clients.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const client of this.#clients.values()) {
      client.terminate();
      this.#left(client);
    }
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer, principal: Principal): void {
    this.#server?.handleUpgrade(request, socket, head, (opened) => {
      this.#open(opened, request, principal);
    });
  }

  announce(event: ToolEvent): void {
    let text: string | undefined;
    for (const client of this.#clients.values()) {
      if (!client.wants(event)) continue;
      text ??= JSON.stringify(event);
      client.write(text);
    }
  }

  #open(socket: WebSocket, request: IncomingMessage, principal: Principal): void {
    const { config, registry, events } = this.#parts;
    // A message that is too large or malformed ends the socket with the right code; there is nobody else to tell.
    socket.on('error', () => {});
    if (this.#clients.size >= config.maxSockets) {
      socket.close(TRY_LATER, 'too many event sockets');
      return;
    }
    const client = new EventClient(randomUUID(), principal, socket, config.maxBufferedBytes);
    this.#clients.set(client.id, client);
    const unwatch = this.#parts.watchAccess(request, principal, {
      known: (now) => {
        client.principal = now;
      },
      denied: ({ code, message }) => {
        client.expel(POLICY, `${code}: ${message}`);
        // At once: until the socket is closed it may still send.
        this.#left(client);
      },
    });
    socket.on('close', () => {
      void unwatch();
      this.#left(client);
    });
    socket.on('pong', () => client.heard());
    socket.on('message', (data, isBinary) => {
      if (!this.#clients.has(client.id)) return;
      client.heard();
      if (isBinary) client.close(UNSUPPORTED, 'send text');
      else this.#received(textOf(data), client);
    });
    client.tell({
      type: 'hello',
      protocol: PROTOCOL,
      version: registry.snapshot.version,
      seq: events.seq,
      total: registry.snapshot.tools.size,
    });
  }

  #left(client: EventClient): void {
    if (!this.#clients.delete(client.id)) return;
    client.abortCalls();
    this.#parts.servers.left(client.id);
  }

  #received(text: string, client: EventClient): void {
    let requestId: unknown;
    try {
      const message = parse(text);
      if ('jsonrpc' in message) {
        if (this.#parts.servers.received(text, client.id)) return;
        throw fault('SOCKET_NO_MCP', 'this socket registered no server that speaks MCP', {
          kind: 'invalid',
          hint: 'send register_tool with "protocol": "mcp" first; as an MCP client use /mcp',
        });
      }
      requestId = message.request_id;
      this.#answer(check(message), client);
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
        const body = String(this.#parts.available.answer({ format: 'json' }, undefined).body);
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
      if (client.calls.size >= this.#parts.config.maxCalls)
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

function parse(text: string): Readonly<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw fault('MESSAGE_INVALID', 'this is not JSON', { kind: 'invalid' });
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw fault('MESSAGE_INVALID', 'a message is a JSON object with a type', { kind: 'invalid' });
  return message as Record<string, unknown>;
}

function check(message: Readonly<Record<string, unknown>>): ClientMessage {
  const parsed = clientMessage.safeParse(message);
  if (parsed.success) return parsed.data;
  const type = String(message.type);
  if (!CLIENT_MESSAGES.includes(type))
    throw fault('MESSAGE_UNKNOWN', `there is no message of type "${type.slice(0, 100)}"`, {
      kind: 'invalid',
      alternatives: nearest(type.slice(0, 100), CLIENT_MESSAGES),
      hint: `known: ${CLIENT_MESSAGES.join(', ')}`,
    });
  const problems = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message: problem }) => `${path.join('.')}: ${problem}`);
  throw fault('MESSAGE_INVALID', `${type}: ${problems.join('; ').slice(0, 1_000)}`, { kind: 'invalid' });
}

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8');
