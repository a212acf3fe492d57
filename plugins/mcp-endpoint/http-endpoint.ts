import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, fault, type Log, reason } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { HttpServer } from '#plugins/http/api';
import { BatchReply } from './batch.ts';
import { readBody } from './body.ts';
import { classify } from './classify.ts';
import type { Exchange } from './exchange.ts';
import { wireError } from './failure.ts';
import type { ModernRequests } from './modern.ts';
import type { Mount } from './mount.ts';
import type { Mounts } from './mounts.ts';
import { EventStream, HttpReply, type Reply, sendJson } from './reply.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import {
  asMessage,
  errorText,
  HEADER_MISMATCH,
  type Id,
  INVALID_REQUEST,
  isRequest,
  LEGACY_VERSIONS,
  PARSE_ERROR,
  type RpcMessage,
  type RpcRequest,
  SERVER_ERROR,
} from './wire.ts';

const BATCH = 100;
const SESSION_HEADER = 'mcp-session-id';

/** Streamable HTTP for both eras on one path: sessions for the legacy era, single requests for the modern one. */
export class HttpEndpoint {
  readonly #mounts: Mounts;
  readonly #sessions: Sessions;
  readonly #modern: ModernRequests;
  readonly #limits: { readonly bodyBytes: number; readonly unreadBytes: number };
  readonly #log: Log;
  readonly #watchAccess: HttpServer['watchAccess'];

  constructor(
    mounts: Mounts,
    sessions: Sessions,
    modern: ModernRequests,
    limits: { readonly bodyBytes: number; readonly unreadBytes: number },
    log: Log,
    watchAccess: HttpServer['watchAccess'],
  ) {
    this.#mounts = mounts;
    this.#sessions = sessions;
    this.#modern = modern;
    this.#limits = limits;
    this.#log = log;
    this.#watchAccess = watchAccess;
  }

  async handle(request: IncomingMessage, response: ServerResponse, principal: Principal): Promise<void> {
    try {
      const mount = this.#mounts.at(request.url ?? '');
      switch (request.method) {
        case 'POST':
          return await this.#post(request, response, principal, mount);
        case 'GET':
          return this.#get(request, response, principal, mount);
        case 'DELETE':
          return this.#delete(request, response, principal, mount);
        default:
          response.setHeader('allow', 'GET, POST, DELETE');
          refuse(response, 405, SERVER_ERROR, 'Method not allowed');
      }
    } catch (error) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      if (isAuthFault(error)) throw error; // the listener knows how to challenge
      const status = statusOf(error);
      if (status === 500) this.#log.error('An MCP request failed.', { reason: reason(error) });
      sendJson(response, status, errorText(null, wireError(error)));
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse, principal: Principal, mount: Mount): Promise<void> {
    if (!isJson(request.headers['content-type'])) {
      request.resume();
      return refuse(response, 415, SERVER_ERROR, 'Content-Type must be application/json');
    }
    const text = await readBody(request, this.#limits.bodyBytes);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return refuse(response, 400, PARSE_ERROR, 'Parse error: the body is not valid JSON');
    }
    if (Array.isArray(body)) return this.#batch(body, request, response, principal, mount);
    const message = asMessage(body);
    if (message === undefined)
      return refuse(response, 400, INVALID_REQUEST, 'Invalid request: the body is not a JSON-RPC message');
    const found = classify(message, request.headers);
    if (found.era === 'refused') {
      const { code, message: why, data } = found;
      return sendJson(
        response,
        400,
        errorText(idOf(message), { code, message: why, ...(data !== undefined && { data }) }),
      );
    }
    requireScope(message, principal, mount);
    if (found.era === 'legacy') return this.#legacy(message, request, response, principal, mount);
    if (!isRequest(message)) return void response.writeHead(202).end();
    const problem = this.#mounts.headerProblem(mount, message, request.headers);
    if (problem !== undefined) return refuse(response, 400, HEADER_MISMATCH, `Bad Request: ${problem}`, message.id);
    const reply = new HttpReply(response, this.#limits.unreadBytes);
    const exchange = this.#modern.serve(message, found.meta, mount, { principal: principal.id }, reply);
    if (exchange === undefined) return;
    cancelWhenGone(response, exchange, message.id);
    if (message.method !== 'subscriptions/listen') return;
    this.#endWhenDenied(request, response, principal, (why) => {
      exchange.fail(why);
      exchange.cancel();
    });
  }

  #legacy(
    message: RpcMessage,
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    mount: Mount,
  ): void {
    if ('method' in message && message.method === 'initialize' && isRequest(message)) {
      const session = this.#sessions.open(principal.id, request.url ?? '', mount);
      return session.receive(message, new HttpReply(response, this.#limits.unreadBytes, session.header));
    }
    const session = this.#session(request, response, principal, mount);
    if (session === undefined) return;
    if (isRequest(message)) return session.receive(message, new HttpReply(response, this.#limits.unreadBytes));
    session.receive(message, NOWHERE);
    response.writeHead(202).end();
  }

  /** Several messages in one body belong to revision 2025-03-26; later revisions send one. */
  #batch(
    body: unknown[],
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    mount: Mount,
  ): void {
    const messages = body.map(asMessage);
    const legacy = messages.every(
      (message) => message !== undefined && classify(message, {}).era === 'legacy' && !opens(message),
    );
    if (body.length === 0 || body.length > BATCH || !legacy)
      return refuse(
        response,
        400,
        INVALID_REQUEST,
        `Invalid request: a batch holds 1 to ${BATCH} messages of the legacy era`,
      );
    const session = this.#session(request, response, principal, mount);
    if (session === undefined) return;
    const list = messages as RpcMessage[];
    for (const message of list) requireScope(message, principal, mount);
    const requests = list.filter(isRequest).length;
    if (requests === 0) response.writeHead(202).end();
    const replies =
      requests === 0 ? undefined : new BatchReply(new HttpReply(response, this.#limits.unreadBytes), requests);
    for (const message of list) session.receive(message, isRequest(message) && replies ? replies.part() : NOWHERE);
  }

  #session(
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    mount: Mount,
  ): Session | undefined {
    const id = request.headers[SESSION_HEADER];
    const version = request.headers['mcp-protocol-version'];
    if (typeof version === 'string' && !LEGACY_VERSIONS.includes(version)) {
      refuse(
        response,
        400,
        SERVER_ERROR,
        `Bad Request: unsupported protocol version ${version} (supported: ${LEGACY_VERSIONS.join(', ')})`,
      );
    } else if (typeof id !== 'string') {
      refuse(response, 400, SERVER_ERROR, 'Bad Request: the Mcp-Session-Id header is required; initialize first');
    } else {
      const session = this.#sessions.get(id);
      // Somebody else's session is as unknown as one that never was.
      if (session !== undefined && session.mount === mount && session.caller.principal === principal.id) return session;
      refuse(response, 404, -32001, 'Session not found');
    }
    return undefined;
  }

  #get(request: IncomingMessage, response: ServerResponse, principal: Principal, mount: Mount): void {
    if (!request.headers.accept?.includes('text/event-stream'))
      return refuse(response, 406, SERVER_ERROR, 'Not Acceptable: the client must accept text/event-stream');
    const session = this.#session(request, response, principal, mount);
    if (session === undefined) return;
    const opened = session.listen(() => {
      response.once('close', () => session.unlisten());
      const stream = new EventStream(response, this.#limits.unreadBytes, session.header);
      this.#endWhenDenied(request, response, principal, ({ code }) => stream.endBecause(code));
      return stream;
    });
    if (!opened) refuse(response, 409, SERVER_ERROR, 'Conflict: this session has a stream already');
  }

  /** Streams stay open for hours: they end with the credentials that opened them. */
  #endWhenDenied(
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    denied: (why: Fault) => void,
  ): void {
    const unwatch = this.#watchAccess(request, principal, { denied });
    response.once('close', () => void unwatch());
  }

  #delete(request: IncomingMessage, response: ServerResponse, principal: Principal, mount: Mount): void {
    const session = this.#session(request, response, principal, mount);
    if (session === undefined) return;
    this.#sessions.end(session.id);
    response.writeHead(200).end();
  }
}

const NOWHERE: Reply = { push: () => undefined, end: () => undefined };

const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType);

const opens = (message: RpcMessage): boolean => 'method' in message && message.method === 'initialize';
const idOf = (message: RpcMessage): Id | null => ('method' in message && 'id' in message ? message.id : null);

function refuse(response: ServerResponse, status: number, code: number, message: string, id: Id | null = null): void {
  sendJson(response, status, errorText(id, { code, message }));
}

/** Reading lists needs `tools:read`, which the listener checked; acting needs more. */
function requireScope(message: RpcMessage, principal: Principal, mount: Mount): void {
  if (!('method' in message) || message.method !== 'tools/call') return;
  const scope = mount.scope?.(message.params?.name) ?? 'tools:call';
  if (principal.scopes.has(scope) || principal.scopes.has('admin')) return;
  throw fault('AUTH_SCOPE', `this tools/call needs the scope ${scope}`, {
    kind: 'forbidden',
    data: { challenge: `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

/** A modern client cancels by closing the response; a legacy one sends `notifications/cancelled` and may come back. */
function cancelWhenGone(response: ServerResponse, exchange: Exchange, id: RpcRequest['id']): void {
  response.once('close', () => {
    if (!response.writableFinished && exchange.id === id) exchange.cancel();
  });
}

const kindOf = (error: unknown): string => String((error as { kind?: unknown }).kind);
const isAuthFault = (error: unknown): boolean => ['unauthenticated', 'forbidden'].includes(kindOf(error));
const STATUS: Readonly<Record<string, number>> = {
  too_large: 413,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  invalid: 400,
};
const statusOf = (error: unknown): number => STATUS[kindOf(error)] ?? 500;
