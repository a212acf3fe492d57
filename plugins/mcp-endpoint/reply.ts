import type { ServerResponse } from 'node:http';

/** Where the messages of one exchange go: a JSON body where one answer is all, an event stream where more comes before it. */
export interface Reply {
  /** A message before the answer: a notification, or a request to the client. */
  push(text: string): void;
  /** The answer, or the last message. */
  end(text: string, status?: number): void;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
  'x-accel-buffering': 'no',
};
/** A proxy may close a silent stream after 30 s or a minute. */
const KEEP_ALIVE_MS = 15_000;

export const event = (text: string): string => `event: message\ndata: ${text}\n\n`;

/** A server-sent event stream that stays open until somebody ends it. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #beat: NodeJS.Timeout;
  readonly #mostUnread: number;

  /** A client that leaves more than `mostUnread` bytes unread is cut off: they would fill the memory. */
  constructor(response: ServerResponse, mostUnread: number, headers: Readonly<Record<string, string>> = {}) {
    this.#response = response;
    this.#mostUnread = mostUnread;
    response.writeHead(200, { ...STREAM_HEADERS, ...headers });
    response.flushHeaders();
    this.#beat = setInterval(() => response.write(': keepalive\n\n'), KEEP_ALIVE_MS);
    this.#beat.unref();
    response.once('close', () => clearInterval(this.#beat));
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  write(text: string): void {
    if (this.closed) return;
    if (this.#response.writableLength > this.#mostUnread) this.#response.destroy();
    else this.#response.write(event(text));
  }

  end(text?: string): void {
    clearInterval(this.#beat);
    if (!this.closed) this.#response.end(text === undefined ? undefined : event(text));
  }

  /** Event streams have no close codes: a comment says why, for people who look. */
  endBecause(code: string): void {
    if (!this.closed) this.#response.write(`: closed, ${code}\n\n`);
    this.end();
  }
}

export class HttpReply implements Reply {
  readonly #response: ServerResponse;
  readonly #mostUnread: number;
  readonly #sessionHeader: Readonly<Record<string, string>> | undefined;
  #stream: EventStream | undefined;

  constructor(response: ServerResponse, mostUnread: number, sessionHeader?: Readonly<Record<string, string>>) {
    this.#mostUnread = mostUnread;
    this.#response = response;
    this.#sessionHeader = sessionHeader;
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  push(text: string): void {
    if (this.closed) return;
    this.#stream ??= new EventStream(this.#response, this.#mostUnread, this.#sessionHeader);
    this.#stream.write(text);
  }

  end(text: string, status = 200): void {
    if (this.closed) return;
    if (this.#stream !== undefined) return this.#stream.end(text);
    sendJson(this.#response, status, text, this.#sessionHeader);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  headers?: Readonly<Record<string, string>>,
): void {
  // As text, not as bytes: Node then sends head and body in one write.
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
