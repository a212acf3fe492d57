const FIBONACCI = 0x9e3779b1;

/** Where each term of a sorted list stands in it; built once to compare the list with many others. */
export class TermPlaces {
  /** A term, and its place plus one; 0 where nothing is. Open addressing, at most half full. */
  readonly #terms: Uint32Array;
  readonly #places: Uint32Array;
  readonly #shift: number;
  readonly #mask: number;

  constructor(terms: Uint32Array) {
    const bits = Math.max(3, 33 - Math.clz32(terms.length));
    this.#shift = 32 - bits;
    this.#mask = 2 ** bits - 1;
    this.#terms = new Uint32Array(2 ** bits);
    this.#places = new Uint32Array(2 ** bits);
    for (let at = 0; at < terms.length; at++) {
      let slot = Math.imul(terms[at]!, FIBONACCI) >>> this.#shift;
      while (this.#places[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#terms[slot] = terms[at]!;
      this.#places[slot] = at + 1;
    }
  }

  /** -1 where it is not in the list. */
  of(term: number): number {
    let slot = Math.imul(term, FIBONACCI) >>> this.#shift;
    while (this.#places[slot] !== 0 && this.#terms[slot] !== term) slot = (slot + 1) & this.#mask;
    return this.#places[slot]! - 1;
  }
}
