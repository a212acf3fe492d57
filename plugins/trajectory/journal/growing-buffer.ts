const START = 1_048_576;
/** What one huge text made of it is not kept. */
const KEPT = 8_388_608;
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;

/** Bytes of texts, one after the other, in memory that is used again. */
export class GrowingBuffer {
  #bytes = Buffer.allocUnsafe(START);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many bytes the text has. */
  append(text: string): number {
    const most = this.#length + text.length * MOST_BYTES;
    if (most > this.#bytes.length) this.#grow(most);
    const written = this.#bytes.write(text, this.#length);
    this.#length += written;
    return written;
  }

  /** Valid until the next `append` or `cut`. */
  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.#length);
  }

  cut(length: number): void {
    this.#length = length;
    if (length === 0 && this.#bytes.length > KEPT) this.#bytes = Buffer.allocUnsafe(START);
  }

  #grow(least: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}
