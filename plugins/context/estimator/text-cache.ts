/** A text this short is estimated faster than it is looked up. */
const SHORT = 48;
/** Texts are kept whole as keys: so many UTF-16 units of them at most. */
const MAX_UNITS = 16 * 1024 * 1024;

/** The values of the texts that were asked for last, by the text itself: no hash can confuse two of them. */
export class TextCache {
  readonly #values = new Map<string, number>();
  readonly #entries: number;
  readonly #compute: (text: string) => number;
  #units = 0;

  constructor(entries: number, compute: (text: string) => number) {
    this.#entries = entries;
    this.#compute = compute;
  }

  get(text: string): number {
    if (text.length < SHORT) return this.#compute(text);
    const known = this.#values.get(text);
    if (known !== undefined) {
      // A Map is ordered by insertion: the one used last goes to the end.
      this.#values.delete(text);
      this.#values.set(text, known);
      return known;
    }
    const value = this.#compute(text);
    this.#values.set(text, value);
    this.#units += text.length;
    this.#shrink();
    return value;
  }

  #shrink(): void {
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#entries && this.#units <= MAX_UNITS) return;
      this.#values.delete(oldest);
      this.#units -= oldest.length;
    }
  }
}
