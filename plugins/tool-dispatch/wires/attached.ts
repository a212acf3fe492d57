import type { Wire } from '../api.ts';
import type { Sink, Transport } from './transport.ts';

/** The socket of a server that connected to us, while it is there. */
export class Attachment {
  readonly wire: Wire;
  readonly gone = new AbortController();

  constructor(wire: Wire) {
    this.wire = wire;
    wire.onClose(() => this.gone.abort());
  }

  detach(): void {
    this.gone.abort();
  }
}

/** A server that connected to us: its socket is the transport, and ends with it. */
export class AttachedTransport implements Transport {
  readonly #attachment: Attachment;
  #closed = false;

  constructor(attachment: Attachment) {
    this.#attachment = attachment;
  }

  async open(sink: Sink): Promise<void> {
    const { wire, gone } = this.#attachment;
    wire.onMessage((text) => {
      if (!this.#closed) sink.message(text);
    });
    gone.signal.addEventListener('abort', () => sink.closed('its socket was closed'), { once: true });
  }

  send(text: string): void {
    this.#attachment.wire.send(text);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
