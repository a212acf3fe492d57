import { createHash, randomBytes } from 'node:crypto';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { reason } from '#kernel';

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly maxBytes?: number;
}
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The way to the server failed. Where nothing was `sent` it is safe to send the request again. */
export class WayFailure extends Error {
  override readonly name = 'WayFailure';
  readonly sent: boolean;
  readonly about: 'broken' | 'late' | 'large';

  constructor(why: string, sent: boolean, about: WayFailure['about'] = 'broken') {
    super(why);
    this.sent = sent;
    this.about = about;
  }
}

const MAX_BYTES = 67_108_864;
const ENDED = 'the client has ended';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** HTTP to one server, over connections that stay open. Node's `fetch` would end a call after five minutes. */
export class HttpLine {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #open = new Set<http.ClientRequest>();
  #isClosed = false;

  constructor(url: string, apiKey: string) {
    this.url = url.replace(/\/+$/, '');
    this.#headers = apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
    this.#http = url.startsWith('https:') ? https : http;
    this.#agent = new this.#http.Agent({ keepAlive: true });
  }

  /** The credentials, for those who make their own requests. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** Rejects with a WayFailure, or with the signal's reason. */
  ask({ method = 'GET', path, headers, body, signal, timeoutMs, maxBytes = MAX_BYTES }: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const text = body === undefined ? undefined : JSON.stringify(body);
      const request = this.#http.request(this.url + path, {
        method,
        agent: this.#agent,
        headers: {
          ...this.#headers,
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      });
      let sent = false;
      let failure: WayFailure | undefined;
      const fail = (why: string, about?: WayFailure['about']): void => {
        failure ??= new WayFailure(why, sent, about);
        request.destroy(failure);
      };
      const limit = setTimeout(() => fail(`no answer within ${timeoutMs} ms`, 'late'), timeoutMs);
      const abort = (): void => fail('it was cancelled');
      signal?.addEventListener('abort', abort, { once: true });
      this.#open.add(request);
      const end = (): void => {
        clearTimeout(limit);
        this.#open.delete(request);
        signal?.removeEventListener('abort', abort);
      };
      whenConnected(request, this.#http === https, () => {
        sent = true;
      });
      const failed = (error: NodeJS.ErrnoException): void => {
        end();
        // What was not written to its end is not acted on: a connection that had died while nobody used it.
        const isWhole = sent && error.syscall !== 'write';
        reject(signal?.aborted ? signal.reason : (failure ?? new WayFailure(reason(error), isWhole)));
      };
      request.on('error', failed);
      request.once('response', (response) => {
        response.on('error', failed);
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) fail(`its answer is longer than ${maxBytes} bytes`, 'large');
          else chunks.push(chunk);
        });
        response.once('end', () => {
          end();
          resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() });
        });
      });
      if (this.#isClosed) fail(ENDED);
      request.end(text);
    });
  }

  /** A connection of its own that speaks WebSocket from now on, and what came with its first bytes. */
  upgrade(path: string, timeoutMs: number): Promise<{ readonly socket: Duplex; readonly head: Buffer }> {
    return new Promise((resolve, reject) => {
      const key = randomBytes(16).toString('base64');
      const request = this.#http.request(this.url + path, {
        agent: false,
        headers: {
          ...this.#headers,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': key,
        },
      });
      this.#open.add(request);
      const limit = setTimeout(() => request.destroy(new WayFailure('no answer', false)), timeoutMs);
      const end = (): void => {
        clearTimeout(limit);
        this.#open.delete(request);
      };
      request.on('error', (error) => {
        end();
        reject(error);
      });
      request.once('response', (response) => {
        response.resume();
        request.destroy(new WayFailure(`it answers ${response.statusCode} to the event socket`, false));
      });
      request.once('upgrade', (response, socket, head) => {
        end();
        const accept = createHash('sha1')
          .update(key + GUID)
          .digest('base64');
        if (response.headers['sec-websocket-accept'] === accept && !this.#isClosed) return resolve({ socket, head });
        socket.destroy();
        reject(new WayFailure('it does not speak WebSocket', false));
      });
      request.end();
    });
  }

  /** The way was down: connections that nobody uses now may be dead. */
  dropIdle(): void {
    for (const idle of Object.values(this.#agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
  }

  /** Whatever is under way fails. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#open) request.destroy(new WayFailure(ENDED, false));
    this.#agent.destroy();
  }
}

function whenConnected(request: http.ClientRequest, secure: boolean, connected: () => void): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) return connected();
    socket.once(secure ? 'secureConnect' : 'connect', connected);
  });
}
