const LAST_LINES = 12;
/** Where in somebody else's program it happened would push out what happened. */
const STACK_FRAME = /^\s+at .+[:)]/;

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
      .filter((line) => line !== '' && !STACK_FRAME.test(line))
      .slice(-LAST_LINES)
      .join('\n');
  }
}
