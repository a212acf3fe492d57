/** Numbers for n-grams, 0, 1, 2 ...: a hash table in flat arrays, for a Map of a million numbers is slow and large. */
export class GramNumbers {
  #grams = new Uint32Array(1_024);
  /** One more than the number; 0: the place is free. */
  #numbers = new Uint32Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** -1 where it has none. */
  of(gram: number): number {
    return this.#numbers[this.#placeOf(gram)]! - 1;
  }

  /** Gives it a number where it has none. */
  add(gram: number): number {
    const at = this.#placeOf(gram);
    const known = this.#numbers[at]!;
    if (known !== 0) return known - 1;
    this.#grams[at] = gram;
    this.#numbers[at] = ++this.#size;
    if (this.#size * 2 > this.#grams.length) this.#grow();
    return this.#size - 1;
  }

  /** Where it is, or the free place where it would be. */
  #placeOf(gram: number): number {
    const last = this.#grams.length - 1;
    let at = (gram ^ (gram >>> 15)) & last;
    while (this.#numbers[at] !== 0 && this.#grams[at] !== gram) at = (at + 1) & last;
    return at;
  }

  #grow(): void {
    const [grams, numbers] = [this.#grams, this.#numbers];
    this.#grams = new Uint32Array(2 * grams.length);
    this.#numbers = new Uint32Array(2 * numbers.length);
    for (let n = 0; n < grams.length; n++) {
      if (numbers[n] === 0) continue;
      const at = this.#placeOf(grams[n]!);
      this.#grams[at] = grams[n]!;
      this.#numbers[at] = numbers[n]!;
    }
  }
}
