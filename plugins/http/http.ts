import type { IncomingMessage, Server } from 'node:http';
import { fault, type KernelView, type Log, type Undo } from '#kernel';
import type { Auth, Principal } from '#plugins/auth/api';
import type { Telemetry } from '#plugins/telemetry/api';
import { AccessWatch } from './access-watch.ts';
import type { AccessWatcher, HttpServer, RawHandler, RawOptions, Route, UpgradeHandler } from './api.ts';
import { answerClientError } from './client-error.ts';
import type { HttpConfig } from './config.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import { Bodies } from './framework.ts';
import { Front } from './front.ts';
import { Guard, openWithoutAuth } from './guard.ts';
import { HostCheck, isLoopback } from './hosts.ts';
import { createListener, listen } from './listener.ts';
import { meter } from './metering.ts';
import { ownRoutes } from './own-routes.ts';
import type { Registrations } from './registrations.ts';
import { RouteTable } from './route-table.ts';
import { queryOf, serveRoute } from './serve-route.ts';
import { Upgrades } from './upgrades.ts';

export interface HttpParts {
  readonly config: HttpConfig;
  readonly log: Log;
  readonly kernel: KernelView;
  readonly auth: Auth | undefined;
  readonly telemetry: Telemetry | undefined;
}

/** How long one look at the kernel's state serves; only requests that match nothing ask. */
const STATE_MS = 200;

export class Http implements HttpServer {
  readonly #parts: HttpParts;
  readonly #table = new RouteTable();
  readonly #ending = new AbortController();
  #server: Server | undefined;
  #bodies: Bodies | undefined;
  #front: Front | undefined;
  #upgrades: Upgrades | undefined;
  #access: AccessWatch | undefined;
  #address: HttpServer['address'] | undefined;
  #inFlight = 0;
  #drained: (() => void) | undefined;
  #stopping: Promise<void> | undefined;
  #state: { readonly at: number; readonly busy: 'starting' | 'stopping' | undefined } | undefined;

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  get address(): HttpServer['address'] {
    if (this.#address === undefined)
      throw fault('HTTP_NOT_STARTED', 'the server does not listen yet', { kind: 'unavailable' });
    return this.#address;
  }
  get load() {
    return { inFlight: this.#inFlight, webSockets: this.#upgrades?.size ?? 0 };
  }

  route(route: Route<never, never, never>): Undo {
    return this.#table.addRoute(route as never);
  }
  raw(path: string, options: RawOptions, handler: RawHandler): Undo {
    return this.#table.addRaw(path, options, handler);
  }
  upgrade(path: string, options: RawOptions, handler: UpgradeHandler): Undo {
    return this.#table.addUpgrade(path, options, handler);
  }

  watchAccess(request: IncomingMessage, principal: Principal, watcher: AccessWatcher): Undo {
    return this.#access?.add(request, principal, watcher) ?? (() => {});
  }

  /** Faults: HTTP_OPEN_WITHOUT_AUTH, and those of listening. */
  async start(): Promise<void> {
    const { config, log, auth, telemetry } = this.#parts;
    const loopback = isLoopback(config.host);
    if (!loopback && !(auth?.required ?? false)) throw openWithoutAuth(config.host);
    const table = this.#table;
    const findMyWay = (await import('find-my-way')).default;
    table.begin((options) => findMyWay(options));
    const server = await createListener(config);
    this.#server = server;
    const scheme = config.tls === undefined ? 'http' : 'https';
    const guard = new Guard(auth, loopback, (request) => this.#base(request, scheme));
    const serving = { log, telemetry, ending: this.#ending.signal };
    const bodies = new Bodies({
      ...serving,
      server,
      bodyLimitBytes: config.bodyLimitBytes,
      bodyDepth: config.bodyDepth,
    });
    this.#bodies = bodies;
    server.on('clientError', answerClientError);
    const hosts = new HostCheck(config);
    const front = new Front({
      table,
      hosts,
      guard,
      log,
      cors: config.cors,
      scheme,
      serve: (request, response) =>
        void serveRoute(request, response, { query: queryOf(request.url!), body: undefined }, serving),
      serveBody: (request, response) => bodies.take(request, response),
      busy: () => this.#busy(),
    });
    this.#access = new AccessWatch((request) => front.identifyAgain(request), config.recheckMs);
    const upgrades = new Upgrades(table, front, log);
    const measure = meter(telemetry, { inFlight: () => this.#inFlight, sockets: () => upgrades.size });
    // One function for all responses: no closure per request.
    const http = this;
    function closed(this: HttpResponse): void {
      http.#ended();
      measure(this);
    }
    server.on('request', (request: HttpRequest, response: HttpResponse) => {
      this.#inFlight++;
      response.startedAt = performance.now();
      response.once('close', closed);
      front.take(request, response);
    });
    server.on('upgrade', (request, socket, head) => upgrades.take(request, socket, head));
    for (const route of ownRoutes({
      ...this.#parts,
      table,
      guard,
      address: () => this.address,
      base: (host) => this.#baseOf(host, scheme),
    }))
      table.addOwn(route);
    this.#front = front;
    this.#upgrades = upgrades;
    const { address, port } = await listen(server, config.host, config.port);
    const named = address.includes(':') ? `[${address}]` : address;
    const url = config.publicUrl?.replace(/\/+$/, '') ?? `${scheme}://${named}:${port}`;
    this.#address = { host: config.host, port, url };
    log.info('Listening.', { url, port });
  }

  /** Refuses what is new, lets what runs come to its end for `drainMs`, cuts the rest. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get state(): Registrations {
    return this.#table.shared;
  }
  set state(shared: Registrations) {
    this.#table.adopt(shared);
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    if (this.#front !== undefined) this.#front.draining = true;
    // Also closes connections that are idle.
    const closed = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : Promise.resolve();
    if (this.#inFlight > 0) await this.#drain();
    this.#ending.abort();
    this.#access?.stop();
    this.#upgrades?.destroyAll();
    server.closeAllConnections();
    await closed;
    await this.#bodies?.close();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, this.#parts.config.drainMs);
      this.#drained = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }

  #ended(): void {
    this.#inFlight--;
    if (this.#front?.draining !== true) return;
    // The connection counts as idle only after this tick.
    setImmediate(() => this.#server?.closeIdleConnections());
    if (this.#inFlight === 0) this.#drained?.();
  }

  #busy(): 'starting' | 'stopping' | undefined {
    const now = Date.now();
    if (this.#state === undefined || now - this.#state.at > STATE_MS) {
      const { state } = this.#parts.kernel.status();
      const busy = state === 'running' ? undefined : state === 'starting' ? 'starting' : 'stopping';
      this.#state = { at: now, busy };
    }
    return this.#state.busy;
  }

  #base(request: IncomingMessage, scheme: string): string {
    return this.#baseOf(request.headers.host, scheme);
  }
  /** Clients compare the resource with the URL that they used, so it follows the Host header, which was checked. */
  #baseOf(host: string | undefined, scheme: string): string {
    return this.#parts.config.publicUrl?.replace(/\/+$/, '') ?? `${scheme}://${host ?? ''}`;
  }
}
