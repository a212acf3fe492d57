import type { Write } from './written.ts';

const ENOUGH = 65_536;

/** Writes many short texts as few long ones. */
export class BatchedLines {
  readonly #write: Write;
  #waiting: string[] = [];
  #length = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  /** A promise where it is time to write: wait for it. */
  add(text: string): Promise<void> | undefined {
    this.#waiting.push(text);
    this.#length += text.length;
    return this.#length < ENOUGH ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    if (text !== '') await this.#write(text);
  }
}
