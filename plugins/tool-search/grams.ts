/** Character n-grams, so that words in another form, joined words and typing errors still meet. */
const SHORTEST = 3;
const LONGEST = 5;
/** The beginning of a text names its subject; so much of it is looked at, in characters. */
const MOST_CHARACTERS = 800;

/** Distinct hashes of the n-grams of a text's words, sorted; Chinese is left to the pairs of `termsOf`. */
export function gramsOf(text: string): Uint32Array {
  const found = new Set<number>();
  const words = text
    .slice(0, MOST_CHARACTERS)
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Latin}\p{N}]+/gu);
  for (const word of words ?? []) {
    const padded = ` ${word} `;
    for (let length = SHORTEST; length <= LONGEST; length++)
      for (let at = 0; at + length <= padded.length; at++) found.add(hash(padded, at, at + length));
  }
  return Uint32Array.from(found).sort();
}

/** FNV-1a, 32 bits. */
function hash(text: string, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** Cosine of texts by their n-grams, rare ones counting more. */
export class GramIndex {
  readonly #grams: readonly Uint32Array[];
  readonly #counts = new Map<number, number>();
  readonly #norms: Float32Array;

  constructor(texts: readonly string[]) {
    this.#grams = texts.map(gramsOf);
    for (const grams of this.#grams)
      for (const gram of grams) this.#counts.set(gram, (this.#counts.get(gram) ?? 0) + 1);
    this.#norms = Float32Array.from(this.#grams, (grams) => this.#norm(grams));
  }

  /** A query, prepared once for many texts. */
  query(text: string): (document: number) => number {
    const grams = gramsOf(text);
    const weights = Float64Array.from(grams, (gram) => this.#rarity(gram) ** 2);
    const norm = this.#norm(grams);
    return (document) => {
      const has = this.#grams[document]!;
      let sum = 0;
      for (let n = 0; n < grams.length; n++) if (includes(has, grams[n]!)) sum += weights[n]!;
      return sum / (norm * this.#norms[document]!);
    };
  }

  #rarity(gram: number): number {
    return 1 + Math.log((this.#grams.length + 1) / ((this.#counts.get(gram) ?? 0) + 1));
  }

  #norm(grams: Uint32Array): number {
    let sum = 0;
    for (const gram of grams) sum += this.#rarity(gram) ** 2;
    return Math.sqrt(sum) || 1;
  }
}

function includes(sorted: Uint32Array, wanted: number): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle]!;
    if (value === wanted) return true;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
