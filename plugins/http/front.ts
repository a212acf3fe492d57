import type { IncomingMessage } from 'node:http';
import { fault, type Log } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import { sendAnswer, sendFailure } from './answer.ts';
import type { RawOptions } from './api.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import type { Guard } from './guard.ts';
import type { HostCheck } from './hosts.ts';
import type { RawEntry } from './registrations.ts';
import type { RouteTable } from './route-table.ts';

export interface FrontParts {
  readonly table: RouteTable;
  readonly hosts: HostCheck;
  readonly guard: Guard;
  readonly log: Log;
  readonly cors: boolean;
  readonly scheme: 'http' | 'https';
  /** Why nothing new is answered now: the server starts or stops. */
  readonly busy: () => 'starting' | 'stopping' | undefined;
  /** Runs a route that takes no body. */
  readonly serve: (request: HttpRequest, response: HttpResponse) => void;
  /** Reads and bounds the body, then runs the route. */
  readonly serveBody: (request: HttpRequest, response: HttpResponse) => void;
}

const ANY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What every request passes first. Raw handlers leave here; nothing on their way allocates more than it must. */
export class Front {
  readonly #parts: FrontParts;
  draining = false;

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  take(request: HttpRequest, response: HttpResponse): void {
    try {
      const path = this.check(request, response);
      if (request.method === 'OPTIONS') return this.#options(request, response, path);
      const raw = this.#parts.table.raw(path);
      if (raw !== undefined) return this.#raw(raw, request, response, path);
      this.#route(request, response, path);
    } catch (error) {
      sendFailure(response, error, this.#parts.log);
    }
  }

  /** Host, Origin and the form of the path, which is returned without its query. Also for upgrades. */
  check(request: IncomingMessage, response?: HttpResponse): string {
    if (this.draining) throw leaving();
    const { hosts, scheme } = this.#parts;
    const { host, origin } = request.headers;
    hosts.checkHost(host);
    if (origin !== undefined) {
      hosts.checkOrigin(origin, `${scheme}://${host}`);
      if (response !== undefined && this.#parts.cors) allowOrigin(response, origin);
    }
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    if (!path.startsWith('/') && !(path === '*' && request.method === 'OPTIONS'))
      throw fault('HTTP_PATH_INVALID', 'the request target must be a path that begins with a slash', {
        kind: 'invalid',
      });
    if (path.includes('%')) checkEncoding(path);
    return path;
  }

  /** Nothing serves this path: say so, unless routes are still to come or have just gone. */
  missing(path: string): Error {
    const busy = this.#parts.busy();
    if (busy === 'stopping') return leaving();
    if (busy === 'starting') return comingUp();
    return fault('HTTP_PATH_UNKNOWN', `nothing is served at ${path.slice(0, 200)}`, {
      kind: 'not_found',
      alternatives: this.#parts.table.nearest(path),
      hint: 'GET /docs lists every path',
    });
  }

  #raw(raw: RawEntry, request: HttpRequest, response: HttpResponse, path: string): void {
    const { options } = raw;
    response.route = raw.path;
    if (options.methods !== undefined && !options.methods.includes(request.method!))
      throw wrongMethod(response, request.method!, options.methods);
    const principal = this.identify(request, options, path);
    if (principal instanceof Promise)
      principal
        .then((known) => this.#run(raw, request, response, known))
        .catch((error) => this.#failed(response, error));
    else this.#run(raw, request, response, principal);
  }

  identify(request: IncomingMessage, options: RawOptions, path: string): Principal | Promise<Principal> {
    (request as HttpRequest).access = options;
    return this.#parts.guard.identify(request, options.scope, path, options.resource);
  }

  /** For a request that was identified before. */
  identifyAgain(request: IncomingMessage): Principal | Promise<Principal> {
    const { access, url = '' } = request as HttpRequest;
    if (access === undefined)
      throw fault('HTTP_NOT_WATCHED', 'only what raw handlers and upgrades took can be watched', { kind: 'internal' });
    return this.identify(request, access, url.split('?', 1)[0]!);
  }

  #run(raw: RawEntry, request: HttpRequest, response: HttpResponse, principal: Principal): void {
    if (response.destroyed) return;
    const running = raw.handler(request, response, principal);
    if (running instanceof Promise) running.catch((error) => this.#failed(response, error));
  }

  #route(request: HttpRequest, response: HttpResponse, path: string): void {
    const { table, guard, serve, serveBody } = this.#parts;
    const matched = table.find(request.method!, path);
    if (matched === undefined) {
      if (table.upgrade(path) !== undefined) throw upgradeNeeded(response);
      const methods = table.methods(path);
      // While routes are still to come, another method of this path may be among them.
      const isKnown = methods.length > 0 && this.#parts.busy() === undefined;
      throw isKnown ? wrongMethod(response, request.method!, methods) : this.missing(path);
    }
    request.matched = matched;
    response.route = matched.route.path;
    // REST is one OAuth resource, named by the server's own URL.
    const principal = guard.identify(request, matched.route.scope, '');
    const go = (known: Principal): void => {
      request.principal = known;
      if (matched.route.body === undefined) serve(request, response);
      else serveBody(request, response);
    };
    if (principal instanceof Promise) principal.then(go).catch((error) => this.#failed(response, error));
    else go(principal);
  }

  #options(request: HttpRequest, response: HttpResponse, path: string): void {
    const { table, cors } = this.#parts;
    const raw = table.raw(path);
    const methods = raw === undefined ? table.methods(path) : (raw.options.methods ?? ANY_METHOD);
    if (methods.length === 0 && path !== '*') throw this.missing(path);
    response.route = raw?.path ?? 'options';
    const allow = [...new Set([...methods, 'OPTIONS'])].join(', ');
    const headers: Record<string, string> = { allow };
    const asked = request.headers['access-control-request-headers'];
    if (
      cors &&
      request.headers.origin !== undefined &&
      request.headers['access-control-request-method'] !== undefined
    ) {
      headers['access-control-allow-methods'] = allow;
      headers['access-control-max-age'] = '600';
      if (asked !== undefined) headers['access-control-allow-headers'] = asked;
    }
    sendAnswer(response, { status: 204, headers });
  }

  #failed(response: HttpResponse, error: unknown): void {
    sendFailure(response, error, this.#parts.log);
  }
}

const leaving = () =>
  fault('HTTP_STOPPING', 'the server is stopping', { kind: 'unavailable', hint: 'try again shortly' });

const comingUp = () =>
  fault('HTTP_STARTING', 'the server is starting, and this may come yet', {
    kind: 'unavailable',
    hint: 'try again shortly; /ready tells what it waits for',
  });

function wrongMethod(response: HttpResponse, method: string, methods: readonly string[]) {
  response.setHeader('allow', methods.join(', '));
  return fault('HTTP_METHOD_WRONG', `${method} is not possible here`, {
    kind: 'invalid',
    alternatives: methods,
    data: { status: 405 },
  });
}

function upgradeNeeded(response: HttpResponse) {
  response.setHeader('upgrade', 'websocket');
  return fault('HTTP_UPGRADE_NEEDED', 'this path is a WebSocket', {
    kind: 'invalid',
    hint: 'connect with a WebSocket client',
    data: { status: 426 },
  });
}

function allowOrigin(response: HttpResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  response.setHeader(
    'access-control-expose-headers',
    'ETag, Location, Retry-After, WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version',
  );
}

function checkEncoding(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw fault('HTTP_PATH_INVALID', 'the path has a broken percent-encoding', { kind: 'invalid' });
  }
}
