import type { Output } from '../command.ts';
import type { Write } from '../written.ts';

const CLEAR = '\r\u001b[K';

/** One line at the foot of a terminal that says how far it is; nothing where nobody looks. */
export class Progress {
  readonly #write: Write;
  readonly #isTerminal: boolean;
  readonly #everyMs: number;
  #last = 0;
  #isShown = false;

  constructor({ err, isTerminal = false }: Output, everyMs: number) {
    this.#write = err;
    this.#isTerminal = isTerminal;
    this.#everyMs = everyMs;
  }

  /** Other lines, above it. */
  readonly err: Write = async (text) => {
    await this.end();
    await this.#write(text);
  };

  async tell(text: () => string): Promise<void> {
    const now = performance.now();
    if (!this.#isTerminal || now - this.#last < this.#everyMs) return;
    this.#last = now;
    this.#isShown = true;
    await this.#write(`${CLEAR}${text()}`);
  }

  async end(): Promise<void> {
    if (!this.#isShown) return;
    this.#isShown = false;
    await this.#write(CLEAR);
  }
}
