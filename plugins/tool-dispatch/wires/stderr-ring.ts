const LAST_LINES = 12;

/** The newest part of what a server wrote to stderr. */
export class StderrRing {
  readonly #maxBytes: number;
  readonly #onText: ((text: string) => void) | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, onText: ((text: string) => void) | undefined) {
    this.#maxBytes = maxBytes;
    this.#onText = onText;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#chunks.length > 1 && this.#bytes - this.#chunks[0]!.length >= this.#maxBytes)
      this.#bytes -= this.#chunks.shift()!.length;
    this.#onText?.(chunk.toString());
  }

  lastLines(): string {
    const text = Buffer.concat(this.#chunks).subarray(-this.#maxBytes).toString();
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-LAST_LINES)
      .join('\n');
  }
}
