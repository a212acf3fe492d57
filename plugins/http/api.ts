import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { type Fault, type Token, token, type Undo } from '#kernel';
import type { Principal, Scope } from '#plugins/auth/api';

/**
 * The listener. It owns the port, so that the plugins behind it can be swapped without a closed socket. Before any
 * handler it checks Host and Origin (DNS rebinding) and who calls (`scope`), and for routes the body's size. Register as
 * the last step of `start`: what is registered serves at once.
 */
export interface HttpServer {
  /** After start: the real address, also where the port was 0. `url` has no trailing slash. */
  readonly address: { readonly host: string; readonly port: number; readonly url: string };
  /**
   * A JSON route. Throws HTTP_ROUTE_TWICE when method and path are taken: by another `owner`, or by this one in the same
   * generation. Another generation of the owner stacks above its predecessor, so that a swap leaves no gap; without
   * owners the newest serves. The undo removes this registration alone, also while serving. A handler answers with what
   * it returns; what it throws becomes a problem document by the fault's kind (`data.status` names another status).
   */
  route<P extends Schema, Q extends Schema, B extends Schema>(route: Route<P, Q, B>): Undo;
  /**
   * A handler on the bare request, before any framework: the way for hot paths and streams. `path` is exact, or a
   * prefix when it ends with `/*`. The handler gets the authenticated caller, bounds the body that it reads, and must
   * end the response itself; what it throws before the head is sent becomes a problem document. Stacks like `route`.
   */
  raw(path: string, options: RawOptions, handler: RawHandler): Undo;
  /** WebSocket upgrades on an exact path; the handler owns the socket from there on. */
  upgrade(path: string, options: RawOptions, handler: UpgradeHandler): Undo;
  /**
   * For what stays open after the handler of `raw` or `upgrade` took it (event streams, sockets): asks again, every
   * `recheckMs`, who sent this request. The undo stops it.
   */
  watchAccess(request: IncomingMessage, principal: Principal, watcher: AccessWatcher): Undo;
}

export interface AccessWatcher {
  /** The same caller as it is now: its scopes may have changed. */
  known?(principal: Principal): void;
  /** Called once, with a fault of `authenticate`: the key is gone, the token's time is over. End what is open. */
  denied(why: Fault): void;
}

type Schema = z.ZodType | undefined;
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Who registers: the plugin's context itself (`owner: context`), so that its next generation can take over. */
export interface Owner {
  readonly id: string;
  readonly generation: number;
}

export interface Route<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters as `:name`; a parameter may hold a slash when it is sent as %2F, or when it is the last and written `*` or `*name`. */
  readonly path: string;
  /** null: open to everybody (health, metadata). */
  readonly scope: Scope | null;
  readonly summary: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly owner?: Owner;
  /** Left out of OpenAPI: another spelling of a documented route. */
  readonly hidden?: boolean;
  /** Documented answers by status, for OpenAPI. */
  readonly answers?: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  handle(request: RouteRequest<Parsed<P>, Parsed<Q>, Parsed<B>>): RouteAnswer | Promise<RouteAnswer>;
}

export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: IncomingMessage['headers'];
  readonly principal: Principal;
  /** Aborted when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface RouteAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or Buffer is sent as it is, with the content type in `headers`. */
  readonly body?: unknown;
}

export interface RawOptions {
  readonly methods?: readonly string[];
  readonly scope: Scope | null;
  /** The OAuth resource that tokens must name; default the server's own URL plus the path. */
  readonly resource?: string;
  readonly owner?: Owner;
  /** For the documentation page. */
  readonly summary?: string;
  readonly tag?: string;
}
export type RawHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  principal: Principal,
) => void | Promise<void>;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, principal: Principal) => void;

export const HTTP_SERVER: Token<HttpServer> = token<HttpServer>('http.server');
