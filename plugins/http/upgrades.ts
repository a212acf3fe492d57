import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fault, isFault, type Log } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import { refuse } from './client-error.ts';
import type { Front } from './front.ts';
import { problemOf } from './problem.ts';
import type { RouteTable } from './route-table.ts';

const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** WebSocket handshakes: the same checks as for requests, then the socket is its handler's. */
export class Upgrades {
  readonly #table: RouteTable;
  readonly #front: Front;
  readonly #log: Log;
  /** Node forgets a socket that was upgraded; we close it at the end. */
  readonly #sockets = new Set<Duplex>();

  constructor(table: RouteTable, front: Front, log: Log) {
    this.#table = table;
    this.#front = front;
    this.#log = log;
  }

  get size(): number {
    return this.#sockets.size;
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const broken = (): void => {
      socket.destroy();
    };
    socket.on('error', broken);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    try {
      const path = this.#front.check(request);
      const entry = this.#table.upgrade(path);
      if (entry === undefined) throw this.#front.missing(path);
      checkHandshake(request);
      const accept = (principal: Principal): void => {
        if (socket.destroyed) return;
        socket.removeListener('error', broken);
        entry.handler(request, socket, head, principal);
      };
      const principal = this.#front.identify(request, entry.options, path);
      if (principal instanceof Promise) principal.then(accept).catch((error) => this.#refuse(socket, request, error));
      else accept(principal);
    } catch (error) {
      this.#refuse(socket, request, error);
    }
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #refuse(socket: Duplex, request: IncomingMessage, error: unknown): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const problem = problemOf(error, (request.url ?? '').split('?', 1)[0]!, this.#log);
    const challenge = isFault(error) ? error.data.challenge : undefined;
    const headers: Record<string, string> = {};
    if (problem.status === 401) headers['www-authenticate'] = typeof challenge === 'string' ? challenge : 'Bearer';
    if (problem.status === 503) headers['retry-after'] = '1';
    refuse(socket, problem.status, problem.code, problem.detail, problem, headers);
  }
}

function checkHandshake({ method, headers }: IncomingMessage): void {
  const wrong =
    method !== 'GET'
      ? 'the method is not GET'
      : headers.upgrade?.toLowerCase() !== 'websocket'
        ? 'the Upgrade header is not "websocket"'
        : !KEY.test(headers['sec-websocket-key'] ?? '')
          ? 'Sec-WebSocket-Key is missing or malformed'
          : headers['sec-websocket-version'] !== '13'
            ? 'Sec-WebSocket-Version is not 13'
            : undefined;
  if (wrong !== undefined)
    throw fault('HTTP_HANDSHAKE_INVALID', `no WebSocket handshake: ${wrong}`, { kind: 'invalid' });
}
