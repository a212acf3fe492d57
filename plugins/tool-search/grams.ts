import type { GramNumbers } from './gram-numbers.ts';

/** Character n-grams, so that words in another form, joined words and typing errors still meet. */
const SHORTEST = 3;
const LONGEST = 5;
/** The beginning of a text names its subject; so much of it is looked at, in characters. */
const MOST_CHARACTERS = 800;

/** Distinct hashes of the n-grams of a text's words, sorted; Chinese is left to the pairs of `termsOf`. */
export function gramsOf(text: string): Uint32Array {
  const words = text
    .slice(0, MOST_CHARACTERS)
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Latin}\p{N}]+/gu);
  let found = 0;
  for (const word of new Set(words)) {
    const padded = ` ${word} `;
    const most = found + (LONGEST - SHORTEST + 1) * padded.length;
    if (most > hashes.length) hashes = grown(hashes, most);
    for (let length = SHORTEST; length <= LONGEST; length++)
      for (let at = 0; at + length <= padded.length; at++) hashes[found++] = hash(padded, at, at + length);
  }
  const sorted = hashes.subarray(0, found).sort();
  let distinct = 0;
  for (let n = 0; n < found; n++) if (n === 0 || sorted[n] !== sorted[n - 1]) distinct++;
  const grams = new Uint32Array(distinct);
  for (let n = 0, at = 0; n < found; n++) if (n === 0 || sorted[n] !== sorted[n - 1]) grams[at++] = sorted[n]!;
  return grams;
}

/** Used again for each text. */
let hashes = new Uint32Array(4_096);

const grown = (from: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(2 * least);
  larger.set(from);
  return larger;
};

/** FNV-1a, 32 bits. */
function hash(text: string, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** The n-grams of a document by their numbers, sorted. */
export function readGrams(text: string, numbers: GramNumbers): Uint32Array {
  const grams = gramsOf(text);
  for (let n = 0; n < grams.length; n++) grams[n] = numbers.add(grams[n]!);
  return grams.sort();
}

/** Cosine of texts by their n-grams, rare ones counting more. */
export class GramIndex {
  readonly #numbers: GramNumbers;
  readonly #documents: readonly Uint32Array[];
  /** Of each n-gram: how many documents have it. */
  readonly #counts: Uint32Array;
  /** Square of the rarity of an n-gram that so many documents have; 0 where not asked for yet. */
  readonly #squares: Float64Array;
  readonly #norms: Float32Array;

  /** What `readGrams` gave for each document; the numbers may know n-grams of others. */
  constructor(documents: readonly Uint32Array[], numbers: GramNumbers) {
    this.#numbers = numbers;
    this.#documents = documents;
    this.#counts = new Uint32Array(numbers.size);
    for (const grams of documents) for (let n = 0; n < grams.length; n++) this.#counts[grams[n]!]!++;
    this.#squares = new Float64Array(documents.length + 1);
    this.#norms = Float32Array.from(documents, (grams) => {
      let sum = 0;
      for (let n = 0; n < grams.length; n++) sum += this.#squaredRarity(grams[n]!);
      return Math.sqrt(sum) || 1;
    });
  }

  /** A query, prepared once for many texts. */
  query(text: string): (document: number) => number {
    const grams = gramsOf(text).map((gram) => this.#numbers.of(gram));
    let norm = 0;
    const weights = Float64Array.from(grams, (gram) => {
      const weight = this.#squaredRarity(gram);
      norm += weight;
      return weight;
    });
    norm = Math.sqrt(norm) || 1;
    return (document) => {
      const has = this.#documents[document]!;
      let sum = 0;
      for (let n = 0; n < grams.length; n++) if (includes(has, grams[n]!)) sum += weights[n]!;
      return sum / (norm * this.#norms[document]!);
    };
  }

  /** One that is not known is as rare as can be. */
  #squaredRarity(gram: number): number {
    const count = this.#counts[gram] ?? 0;
    this.#squares[count] ||= (1 + Math.log((this.#documents.length + 1) / (count + 1))) ** 2;
    return this.#squares[count]!;
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
