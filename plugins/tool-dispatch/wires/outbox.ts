import type { Writable } from 'node:stream';

/**
 * Lines on their way to a stream. All messages of one turn of the event loop leave in one write: at a thousand calls a
 * second the writes cost more than the messages.
 */
export class Outbox {
  readonly #stream: Writable;
  readonly #maxBytes: number;
  #text = '';
  #ids: number[] = [];
  #scheduled = false;
  readonly #flush = (): void => this.flush();

  constructor(stream: Writable, maxBytes: number, onError: (error: Error) => void) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    stream.on('error', onError);
  }

  /** False: too much waits already, and the message was not taken. */
  push(line: string, id: number | undefined): boolean {
    if (this.#text.length + line.length + this.#stream.writableLength > this.#maxBytes) return false;
    this.#text += `${line}\n`;
    if (id !== undefined) this.#ids.push(id);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flush);
    }
    return true;
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#text === '') return;
    const text = this.#text;
    if (!this.#stream.writable) return;
    this.#text = '';
    this.#ids = [];
    this.#stream.write(text);
  }

  /** Requests that were never handed to the stream. */
  unsent(): ReadonlySet<number> {
    return new Set(this.#ids);
  }
}
