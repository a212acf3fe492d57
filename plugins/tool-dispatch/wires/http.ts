import type { IncomingHttpHeaders } from 'node:http';
import { type Fault, reason } from '#kernel';
import type { Era } from '../api.ts';
import { lost, unauthorized, unavailable } from '../faults.ts';
import { headerValue } from '../param-headers.ts';
import { type HttpClient, neverSent, type Running } from './http-client.ts';
import type { ReplyTo } from './http-reply.ts';
import type { HttpServer } from './http-server.ts';
import type { Outgoing, Sink, Transport } from './transport.ts';

const ACCEPT = 'application/json, text/event-stream';
const RETRY_MS = 1000;
const MOST_RESUMES = 5;
const MOST_RETRY_MS = 30_000;
const DELETE_MS = 1000;
/** Some servers send the head of their stream with its first event only: they must not hold up the start. */
const LISTEN_MS = 5000;
/** Which methods name their subject in a header (2026-07-28). */
const NAMED = new Set(['tools/call', 'prompts/get', 'resources/read', 'tasks/get', 'tasks/update', 'tasks/cancel']);

/** Streamable HTTP, both eras: each message is a POST; a legacy session also has a GET stream for what the server says by itself. */
export class HttpTransport implements Transport {
  readonly #server: HttpServer;
  readonly #client: HttpClient;
  readonly #running = new Map<number, Running>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #sink: Sink | undefined;
  #session: string | undefined;
  #version: string | undefined;
  #listening: Running | undefined;
  readonly #heard = Promise.withResolvers<void>();
  #lastEvent: string | undefined;
  #closed = false;

  constructor(server: HttpServer) {
    this.#server = server;
    this.#client = server.client;
  }

  async open(sink: Sink): Promise<void> {
    this.#sink = sink;
    await this.#server.open();
  }

  agreed(era: Era, version: string): void {
    if (era === 'legacy') this.#version = version;
  }

  /** Servers of the old SDK ask their questions on the stream of the session, and lose those asked before it is open. */
  async listening(): Promise<void> {
    const limit = setTimeout(this.#heard.resolve, LISTEN_MS);
    await this.#heard.promise;
    clearTimeout(limit);
  }

  send(text: string, about: Outgoing): void {
    if (this.#closed) return;
    const request = { method: 'POST' as const, body: text, headers: () => this.#headers(about) };
    const { id } = about;
    const running = this.#client.run(request, id === undefined ? this.#toNobody(about) : this.#toRequest(id, about));
    if (id !== undefined) this.#running.set(id, running);
  }

  abandon(id: number): boolean {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.abort();
    return true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listening?.abort();
    this.#heard.resolve();
    for (const running of this.#running.values()) running.abort();
    this.#running.clear();
    if (this.#session !== undefined) await this.#endSession();
    await this.#client.close();
  }

  #headers(about: Outgoing): Record<string, string> {
    const headers: Record<string, string> = { accept: ACCEPT, 'content-type': 'application/json' };
    if (about.era === 'modern') {
      headers['mcp-protocol-version'] = '2026-07-28';
      if (about.id !== undefined && about.method !== undefined) headers['mcp-method'] = about.method;
      if (about.name !== undefined && NAMED.has(about.method ?? '')) headers['mcp-name'] = headerValue(about.name);
      return Object.assign(headers, about.headers);
    }
    if (this.#version !== undefined) headers['mcp-protocol-version'] = this.#version;
    if (this.#session !== undefined) headers['mcp-session-id'] = this.#session;
    return headers;
  }

  #toRequest(id: number, about: Outgoing): ReplyTo {
    const sink = this.#sink!;
    let resumes = 0;
    const done = (): void => void this.#running.delete(id);
    const to: ReplyTo = {
      opened: (headers) => this.#opened(about, headers),
      event: (event, data) => {
        if (event === 'message') sink.message(data, id);
      },
      streamEnded: (last) => {
        done();
        if (!sink.waitsFor(id)) return;
        // The server may close the stream and let us come back for the answer.
        if (last.id !== undefined && resumes++ < MOST_RESUMES)
          return this.#later(last.retryMs ?? RETRY_MS, () => this.#resume(id, last.id!, to));
        sink.undelivered(id, lost(this.#server.id, 'its answer broke off'));
      },
      ended: (status, headers, body) => {
        done();
        this.#opened(about, headers);
        this.#answered(id, status, body);
      },
      oversize: (bytes) => {
        done();
        sink.oversize(id, bytes);
      },
      failed: (error) => {
        done();
        this.#broken(id, error);
      },
    };
    return to;
  }

  #toNobody(about: Outgoing): ReplyTo {
    const nothing = (): void => {};
    const initialized = about.method === 'notifications/initialized';
    return {
      event: (event, data) => {
        if (event === 'message') this.#sink?.message(data);
      },
      ended: (status) => {
        if (initialized && status < 300) this.#listen();
        else if (initialized) this.#heard.resolve();
      },
      streamEnded: nothing,
      oversize: nothing,
      failed: initialized ? () => this.#heard.resolve() : nothing,
    };
  }

  #opened(about: Outgoing, headers: IncomingHttpHeaders): void {
    const session = headers['mcp-session-id'];
    if (about.method === 'initialize' && typeof session === 'string') this.#session = session;
  }

  #answered(id: number, status: number, body: string): void {
    const sink = this.#sink!;
    if (!sink.waitsFor(id)) return;
    if (status >= 200 && status < 300) {
      sink.message(body, id);
      if (sink.waitsFor(id)) sink.undelivered(id, this.#odd(status));
      return;
    }
    if (this.#session !== undefined && (status === 404 || (status === 400 && /session/i.test(body)))) {
      // The server refused the message itself: it is safe to send it in the next session.
      sink.closed('it has forgotten our session', new Set([id]));
      return;
    }
    const error = rpcErrorIn(body);
    if (error !== undefined) sink.message(`{"jsonrpc":"2.0","id":${id},"error":${error}}`, id);
    else sink.undelivered(id, this.#odd(status));
  }

  #broken(id: number, error: Error): void {
    const sink = this.#sink!;
    const why = this.#server.mask(reason(error));
    if (neverSent(error)) sink.closed(why, new Set([id]));
    else if (isAuth(error)) sink.undelivered(id, unauthorized(this.#server.id, why));
    else sink.undelivered(id, lost(this.#server.id, why));
  }

  /** Never with the body: whoever names an address must not read through us what stands there. */
  #odd(status: number): Fault {
    const why = status < 300 ? `HTTP ${status} without a message of the protocol` : `HTTP ${status}`;
    return status === 401 || status === 403 ? unauthorized(this.#server.id, why) : unavailable(this.#server.id, why);
  }

  #resume(id: number, lastEvent: string, to: ReplyTo): void {
    if (!this.#sink!.waitsFor(id)) return;
    const headers = (): Record<string, string> => ({
      ...this.#headers({ era: 'legacy' }),
      accept: 'text/event-stream',
      'last-event-id': lastEvent,
    });
    this.#running.set(id, this.#client.run({ method: 'GET', headers }, to));
  }

  /** The legacy stream for what belongs to no request. Servers without one answer 405. */
  #listen(failures = 0): void {
    if (this.#closed) return;
    const again = (pauseMs: number, count: number): void => this.#later(pauseMs, () => this.#listen(count));
    const backOff = (): void => again(Math.min(RETRY_MS * 2 ** failures, MOST_RETRY_MS), Math.min(failures + 1, 10));
    const headers = (): Record<string, string> => {
      const { 'content-type': _none, ...rest } = this.#headers({ era: 'legacy' });
      const last = this.#lastEvent;
      return { ...rest, accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
    };
    this.#listening = this.#client.run(
      { method: 'GET', headers },
      {
        opened: () => this.#heard.resolve(),
        event: (event, data) => {
          if (event === 'message') this.#sink?.message(data);
        },
        streamEnded: ({ id, retryMs }) => {
          this.#lastEvent = id ?? this.#lastEvent;
          again(retryMs ?? RETRY_MS, 0);
        },
        ended: (status) => {
          this.#heard.resolve();
          if (status === 404 && this.#session !== undefined) this.#sink?.closed('it has forgotten our session');
          else if (status >= 500 || status === 429) backOff();
        },
        oversize: backOff,
        failed: (error) => {
          this.#heard.resolve();
          if (neverSent(error)) this.#sink?.closed(this.#server.mask(reason(error)));
          else backOff();
        },
      },
    );
  }

  #later(ms: number, work: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) work();
    }, ms);
    this.#timers.add(timer);
  }

  #endSession(): Promise<void> {
    return new Promise((done) => {
      const headers = (): Record<string, string> => this.#headers({ era: 'legacy' });
      const end = (): void => {
        clearTimeout(limit);
        done();
      };
      const running = this.#client.run(
        { method: 'DELETE', headers },
        { ended: end, failed: end, event: () => {}, streamEnded: end, oversize: end },
      );
      const limit = setTimeout(() => {
        running.abort();
        done();
      }, DELETE_MS);
    });
  }
}

const isAuth = (error: Error): boolean => /auth|token|scope/i.test(`${error.name} ${error.message}`);

/** The `error` member of a JSON-RPC message, as text. */
function rpcErrorIn(body: string): string | undefined {
  try {
    const { jsonrpc, error } = JSON.parse(body) as { jsonrpc?: unknown; error?: { code?: unknown } };
    return jsonrpc === '2.0' && typeof error?.code === 'number' ? JSON.stringify(error) : undefined;
  } catch {
    return undefined;
  }
}
