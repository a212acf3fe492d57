import { connect, type Socket } from 'node:net';
import { reason } from '#kernel';
import { unavailable } from '../faults.ts';
import { idAtEnds, LineSplitter } from '../lines.ts';
import { Outbox } from './outbox.ts';
import type { Outgoing, Sink, Transport } from './transport.ts';

/** A server that listens on a Unix socket: one JSON-RPC message a line. */
export class UnixTransport implements Transport {
  readonly #server: string;
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #maxQueueBytes: number;
  #socket: Socket | undefined;
  #outbox: Outbox | undefined;
  #sink: Sink | undefined;
  #closed = false;

  constructor(server: string, path: string, maxBytes: number, maxQueueBytes: number) {
    this.#server = server;
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#maxQueueBytes = maxQueueBytes;
  }

  async open(sink: Sink): Promise<void> {
    this.#sink = sink;
    const socket = connect({ path: this.#path });
    this.#socket = socket;
    const lines = new LineSplitter(
      {
        line: (text) => sink.message(text),
        tooLong: (head, tail, bytes) => sink.oversize(idAtEnds(head, tail), bytes),
      },
      this.#maxBytes,
    );
    let why = 'its socket was closed';
    await new Promise<void>((ready, failed) => {
      socket.once('connect', ready);
      socket.on('data', (chunk) => lines.push(chunk));
      this.#outbox = new Outbox(socket, this.#maxQueueBytes, (error) => {
        why = reason(error);
      });
      socket.once('close', () => {
        failed(unavailable(this.#server, why));
        if (!this.#closed) sink.closed(why, this.#outbox?.unsent());
      });
    });
  }

  send(text: string, { id }: Outgoing): void {
    if (this.#closed || this.#outbox?.push(text, id) !== false || id === undefined) return;
    this.#sink?.undelivered(id, unavailable(this.#server, `${this.#maxQueueBytes} bytes wait for it already`));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#outbox?.flush();
    this.#socket?.destroySoon();
  }
}
