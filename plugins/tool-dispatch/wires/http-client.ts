import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import type { Credentials } from './credentials.ts';
import { HttpReply, type ReplyTo } from './http-reply.ts';

const MOST_REDIRECTS = 3;
const MOST_CHALLENGES = 3;

/** An error before any byte of the request could reach the server. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
]);
export const neverSent = (error: Error): boolean => NEVER_SENT.has(codeOf(error));
const codeOf = (error: Error): string => {
  const { code, errors } = error as { code?: string; errors?: readonly Error[] };
  return code ?? (errors?.[0] === undefined ? '' : codeOf(errors[0]));
};

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Absent: the address of the server itself. */
  readonly path?: string;
  /** Asked before each attempt: a session or version may have changed. */
  headers(): Record<string, string>;
  readonly body?: string;
}

/** Something on its way that can be given up. */
export interface Running {
  abort(): void;
}

/** Requests to one origin: keep-alive connections, credentials, redirects within the origin. */
export class HttpClient {
  readonly url: URL;
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #credentials: Credentials | undefined;
  readonly #maxBytes: number;
  #pool: Pool | undefined;
  #path: string;

  constructor(
    url: string,
    fixed: Readonly<Record<string, string>>,
    credentials: Credentials | undefined,
    maxBytes: number,
  ) {
    this.url = new URL(url);
    this.#path = this.url.pathname + this.url.search;
    this.#fixed = Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name.toLowerCase(), value]));
    this.#credentials = credentials;
    this.#maxBytes = maxBytes;
  }

  async open(connectMs: number): Promise<void> {
    const { Pool } = await import('undici');
    // Deadlines are ours: a call may be quiet for longer than any socket default.
    this.#pool = new Pool(this.url.origin, { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: connectMs } });
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  run(request: HttpRequest, to: ReplyTo): Running {
    const token = this.#credentials?.token();
    if (!(token instanceof Promise)) return new Attempt(this, request, to).begin(token);
    const attempt = new Attempt(this, request, to);
    token.then(
      (found) => attempt.begin(found),
      (error: Error) => to.failed(error),
    );
    return attempt;
  }

  dispatch(request: HttpRequest, token: string | undefined, handler: Dispatcher.DispatchHandler): void {
    const headers = {
      ...this.#fixed,
      ...request.headers(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const options = { path: request.path ?? this.#path, method: request.method, headers, body: request.body ?? null };
    this.#pool!.dispatch(options, handler);
  }

  reply(to: ReplyTo): HttpReply {
    return new HttpReply(to, this.#maxBytes);
  }

  /** Follows a redirect that keeps method and body, within the origin; a credential must not leave it. */
  moved(location: string): boolean {
    const next = URL.parse(location, this.url.href);
    if (next === null || next.origin !== this.url.origin) return false;
    this.#path = next.pathname + next.search;
    return true;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }
}

class Attempt implements Running, ReplyTo {
  readonly #client: HttpClient;
  readonly #request: HttpRequest;
  readonly #to: ReplyTo;
  #reply: HttpReply | undefined;
  #ended = false;
  #redirects = 0;
  #challenges = 0;

  constructor(client: HttpClient, request: HttpRequest, to: ReplyTo) {
    this.#client = client;
    this.#request = request;
    this.#to = to;
  }

  begin(token: string | undefined): this {
    if (this.#ended) return this;
    this.#reply = this.#client.reply(this);
    this.#client.dispatch(this.#request, token, this.#reply);
    return this;
  }

  abort(): void {
    this.#ended = true;
    this.#reply?.abort();
  }

  ended(status: number, headers: IncomingHttpHeaders, body: string): void {
    const location = headers.location;
    if ((status === 307 || status === 308) && typeof location === 'string' && this.#redirects++ < MOST_REDIRECTS) {
      if (this.#client.moved(location)) return void this.#again();
    }
    const { credentials } = this.#client;
    if ((status === 401 || status === 403) && credentials !== undefined && this.#challenges < MOST_CHALLENGES) {
      credentials.refused(status, headers, this.#challenges++).then(
        (renewed) => (renewed ? this.#again() : this.#to.ended(status, headers, body)),
        (error: Error) => this.#to.failed(error),
      );
      return;
    }
    this.#to.ended(status, headers, body);
  }

  async #again(): Promise<void> {
    try {
      this.begin(await this.#client.credentials?.token());
    } catch (error) {
      this.#to.failed(error as Error);
    }
  }

  event(event: string, data: string): void {
    this.#to.event(event, data);
  }
  streamEnded(last: { readonly id: string | undefined; readonly retryMs: number | undefined }): void {
    this.#to.streamEnded(last);
  }
  opened(headers: IncomingHttpHeaders): void {
    this.#to.opened?.(headers);
  }
  oversize(bytes: number): void {
    this.#to.oversize(bytes);
  }
  failed(error: Error): void {
    this.#to.failed(error);
  }
}
