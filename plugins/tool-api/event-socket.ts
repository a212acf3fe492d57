import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import type { Principal } from '#plugins/auth/api';
import type { HttpServer } from '#plugins/http/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ClientRequests } from './client-requests.ts';
import type { ToolApiConfig } from './config.ts';
import { EventClient, TRY_LATER } from './event-client.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';
import type { SocketServers } from './socket-servers.ts';

const PROTOCOL = 1;
const GOING_AWAY = 1001;
const POLICY = 1008;
const UNSUPPORTED = 1003;
const CLOSE_MS = 500;

export interface EventSocketParts {
  readonly config: ToolApiConfig['events'];
  readonly registry: ToolRegistry;
  readonly requests: ClientRequests;
  readonly servers: SocketServers;
  readonly events: EventLog;
  readonly watchAccess: HttpServer['watchAccess'];
}

/** `/api/v1/events/tools`: who is connected, from the handshake to the end, and hears of changes. */
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

  announce(event: LoggedEvent): void {
    let text: string | undefined;
    for (const client of this.#clients.values()) {
      if (!client.wants(event)) continue;
      text ??= JSON.stringify(event);
      client.write(text);
    }
  }

  #open(socket: WebSocket, request: IncomingMessage, principal: Principal): void {
    const { config, registry, events, requests } = this.#parts;
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
      else requests.received(textOf(data), client);
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
}

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8');
