/** Unpacked texts by the key of their hash, the least recently used forgotten first. A hash has one text for ever. */
export class TextCache {
  readonly #texts = new Map<string, string>();
  readonly #most: number;
  #characters = 0;

  constructor(mostCharacters: number) {
    this.#most = mostCharacters;
  }

  get(key: string): string | undefined {
    const text = this.#texts.get(key);
    if (text === undefined) return undefined;
    this.#texts.delete(key);
    this.#texts.set(key, text);
    return text;
  }

  put(key: string, text: string): void {
    if (text.length > this.#most || this.#texts.has(key)) return;
    this.#texts.set(key, text);
    this.#characters += text.length;
    for (const [oldest, { length }] of this.#texts) {
      if (this.#characters <= this.#most) return;
      this.#texts.delete(oldest);
      this.#characters -= length;
    }
  }
}
