import type { Wire } from '#plugins/tool-dispatch/api';

/** The half of a wire that the socket drives. */
export abstract class SocketWire implements Wire {
  #listener: ((text: string) => void) | undefined;
  readonly #closed: ((why: string) => void)[] = [];
  #ended = false;

  abstract send(text: string): void;

  /** A new connection over the same socket takes the place of the one before. */
  onMessage(listener: (text: string) => void): void {
    this.#listener = listener;
  }
  onClose(listener: (why: string) => void): void {
    this.#closed.push(listener);
  }
  close(): void {
    this.end('closed');
  }

  end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#closed) listener(why);
  }

  /** Hands a message to the dispatcher, never inside of the `send` that caused it. */
  protected deliver(text: string): void {
    queueMicrotask(() => {
      if (!this.#ended) this.#listener?.(text);
    });
  }
}

/** A server that speaks MCP itself: its messages pass as they are. */
export class PlainWire extends SocketWire {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    super();
    this.#write = write;
  }
  send(text: string): void {
    this.#write(text);
  }
  receive(text: string): void {
    this.deliver(text);
  }
}
