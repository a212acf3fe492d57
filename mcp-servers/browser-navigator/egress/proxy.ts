import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AllowedHosts } from './allowed-hosts.ts';
import { type CheckedAddress, checkedAddresses, Refusal } from './checked-address.ts';

const MIB = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 20_000;
const MAX_UNREACHED = 100;
/** Of one hop (RFC 9110 7.6.1), so not passed on. */
const HOP_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
]);

export type EgressLimits = { transferMib: number; connections: number };
/** Why a host was not reached: the policy forbids it, or it does not answer. */
export type Unreached = { host: string; port: number; reason: string; refused: boolean };

/**
 * The only way out of one session's pages. Chromium resolves no name and opens no connection itself: each request, redirect
 * and WebSocket comes here as a host name, is resolved, checked, and connected to the very address that was checked.
 */
export class EgressProxy {
  readonly #allowed: AllowedHosts;
  readonly #limits: EgressLimits;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #agent = new Agent({ keepAlive: false });
  #unreached: Unreached[] = [];
  #received = 0;

  constructor(allowed: AllowedHosts, limits: EgressLimits) {
    this.#allowed = allowed;
    this.#limits = limits;
    this.#server = createServer((incoming, outgoing) => void this.#forward(incoming, outgoing));
    this.#server.maxConnections = limits.connections;
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('connect', (incoming, socket, head) => void this.#tunnel(incoming, socket, head));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A new action begins: it has the whole transfer limit before it. */
  begin(): void {
    this.#received = 0;
  }

  /** What was not reached has been told. */
  forget(): void {
    this.#unreached = [];
  }

  /** Since forget(). */
  get unreached(): readonly Unreached[] {
    return this.#unreached;
  }

  get exceeded(): boolean {
    return this.#received > this.#limits.transferMib * MIB;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await closed;
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url!) : undefined;
    if (url?.protocol !== 'http:') return void answer(outgoing, 400, 'not a proxy request');
    const port = Number(url.port || 80);
    const addresses = await this.#check(url.hostname, port);
    if (typeof addresses === 'number') return void answer(outgoing, addresses, 'refused by the address policy');
    const upstream = request({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port,
      method: incoming.method,
      path: `${url.pathname}${url.search}`,
      headers: passedOn(incoming.rawHeaders),
      setHost: false,
      agent: this.#agent,
      lookup: only(addresses),
      timeout: CONNECT_TIMEOUT_MS,
    });
    upstream.once('socket', (socket) => this.#keep(socket));
    upstream.once('timeout', () => upstream.destroy());
    upstream.once('error', (error) => {
      if (!outgoing.headersSent && !outgoing.destroyed)
        this.#missed({ host: url.hostname, port, reason: reasonOf(error), refused: false });
      answer(outgoing, 502, 'the host does not answer');
    });
    upstream.once('response', (response) => {
      upstream.setTimeout(0);
      try {
        outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, passedOn(response.rawHeaders));
      } catch {
        return void outgoing.destroy(); // a header that Node does not pass on
      }
      response.on('data', (chunk: Buffer) => this.#count(chunk.length));
      response.once('error', () => outgoing.destroy());
      response.pipe(outgoing);
    });
    outgoing.once('close', () => upstream.destroy());
    incoming.once('error', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  async #tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(incoming.url ?? '') ?? [];
    if (host === undefined) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const addresses = await this.#check(host, Number(port));
    if (typeof addresses === 'number') return void client.end(`HTTP/1.1 ${addresses} Refused\r\n\r\n`);
    const upstream = connect({ host: 'checked', port: Number(port), lookup: only(addresses), autoSelectFamily: true });
    this.#keep(upstream);
    upstream.setTimeout(CONNECT_TIMEOUT_MS, () => upstream.destroy());
    upstream.once('connect', () => {
      upstream.setTimeout(0);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      upstream.on('data', (chunk: Buffer) => this.#count(chunk.length));
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  }

  /** The addresses to connect to, or the status to answer. */
  async #check(host: string, port: number): Promise<CheckedAddress[] | number> {
    if (this.exceeded) return 403;
    try {
      return await checkedAddresses(host, port, this.#allowed);
    } catch (error) {
      const refused = error instanceof Refusal;
      this.#missed({ host, port, reason: refused ? error.reason : reasonOf(error), refused });
      return refused ? 403 : 502;
    }
  }

  #missed(what: Unreached): void {
    if (this.#unreached.length < MAX_UNREACHED) this.#unreached.push(what);
  }

  /** All transfers of an action count together: a limit for each response would not hold for tunnels and endless streams. */
  #count(bytes: number): void {
    this.#received += bytes;
    if (this.exceeded) for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }
}

/** A resolver that knows one answer. */
function only(addresses: CheckedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function passedOn(raw: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2)
    if (!HOP_HEADERS.has(raw[at]!.toLowerCase())) kept.push(raw[at]!, raw[at + 1]!);
  return kept;
}

function answer(outgoing: ServerResponse, status: number, text: string): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(text);
}
