import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { EventStream } from './event-stream.ts';

type Controller = Dispatcher.DispatchController;

/** What becomes of one HTTP request. Exactly one of `ended`, `failed` and `oversize` is called last. */
export interface ReplyTo {
  /** The whole body of an answer that is no event stream. */
  ended(status: number, headers: IncomingHttpHeaders, body: string): void;
  /** One message of an event stream. */
  event(event: string, data: string): void;
  /** The event stream is over. */
  streamEnded(last: { readonly id: string | undefined; readonly retryMs: number | undefined }): void;
  opened?(headers: IncomingHttpHeaders): void;
  oversize(bytes: number): void;
  failed(error: Error): void;
}

/** Collects a JSON body or cuts an event stream into messages, without Request, Response or stream objects. */
export class HttpReply implements Dispatcher.DispatchHandler {
  readonly #to: ReplyTo;
  readonly #maxBytes: number;
  #controller: Controller | undefined;
  #aborted = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #stream: EventStream | undefined;
  #over = false;

  constructor(to: ReplyTo, maxBytes: number) {
    this.#to = to;
    this.#maxBytes = maxBytes;
  }

  /** Ends the exchange; nothing is reported any more. */
  abort(): void {
    this.#over = true;
    this.#aborted = true;
    this.#controller?.abort(new Error('given up'));
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(new Error('given up'));
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (status !== 200 || !String(headers['content-type'] ?? '').startsWith('text/event-stream')) return;
    this.#to.opened?.(headers);
    this.#stream = new EventStream(({ event, data }) => {
      if (!this.#over) this.#to.event(event, data);
    });
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#stream !== undefined) {
      this.#stream.push(chunk);
      this.#bytes = this.#stream.pendingBytes;
    } else {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
    }
    if (this.#bytes > this.#maxBytes) {
      const bytes = this.#bytes;
      this.#chunks = [];
      this.abort();
      this.#to.oversize(bytes);
    }
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#stream !== undefined)
      return this.#to.streamEnded({ id: this.#stream.lastId, retryMs: this.#stream.retryMs });
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks);
    this.#to.ended(this.#status, this.#headers, body.toString());
  }

  onResponseError(_: Controller, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    // A stream that told its position can be taken up again, however it broke.
    if (this.#stream?.lastId !== undefined)
      return this.#to.streamEnded({ id: this.#stream.lastId, retryMs: this.#stream.retryMs });
    this.#to.failed(error);
  }
}
