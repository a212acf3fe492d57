import { closenessOf, DIMENSIONS, fileOf, readVectors, unit, type Vectors } from './vectors.ts';

/** So near are the forms of one word at least; `news` is not `new`. */
const SAME = 0.35;
/** The rarest word of the lexicon: rarities are told as shares of it. */
const RAREST = 122;

let lexicon: Lexicon | undefined;
/** Read once, with the first question. */
export const theLexicon = (): Lexicon => {
  lexicon ??= new Lexicon(fileOf('lexicon.txt').toString('utf8').trim().split('\n'), readVectors('lexicon.bin'));
  return lexicon;
};

/** English words with how rare they are and where they stand among others in meaning. */
export class Lexicon {
  readonly size: number;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #rarities: Float32Array;
  readonly #vectors: Float32Array;
  /** Of a word its plainest form: cars, car; converting, convert. */
  readonly #plain: readonly number[];

  constructor(words: readonly string[], { told, values }: Vectors) {
    this.size = words.length;
    this.#ids = new Map(words.map((word, id) => [word, id]));
    this.#rarities = Float32Array.from(told, (rarity) => Math.min(1, rarity / RAREST));
    this.#vectors = values;
    this.#plain = words.map((word, id) => this.#formsOf(word).find((form) => this.closeness(id, form) > SAME) ?? id);
  }

  /** Of the word or of a form of it (singular, infinitive); undefined where none is known. */
  idOf(word: string): number | undefined {
    const id = this.#ids.get(word) ?? this.#formsOf(word)[0];
    return id === undefined ? undefined : this.#plain[id];
  }

  #formsOf(word: string): number[] {
    return ENDINGS.flatMap(([ending, instead]) => {
      if (!word.endsWith(ending) || word.length - ending.length < 3) return [];
      const found = this.#ids.get(word.slice(0, -ending.length) + instead);
      return found === undefined ? [] : [found];
    });
  }

  /** 0 (the) to 1 (the rarest known). */
  rarityOf(id: number): number {
    return this.#rarities[id]!;
  }

  /** Cosine: 1 for the same word, above 0.5 for words of one subject. */
  closeness(one: number, other: number): number {
    return closenessOf(this.#vectors, one, other);
  }

  /** The direction of many words together, each by its weight; of length 1. */
  direction(ids: Iterable<readonly [id: number, weight: number]>): Float32Array {
    const sum = new Float32Array(DIMENSIONS);
    for (const [id, weight] of ids)
      for (let d = 0; d < DIMENSIONS; d++) sum[d]! += weight * this.#vectors[id * DIMENSIONS + d]!;
    return unit(sum);
  }
}

const ENDINGS: readonly (readonly [ending: string, instead: string])[] = [
  ['ies', 'y'],
  ['es', ''],
  ['s', ''],
  ['ing', ''],
  ['ing', 'e'],
  ['ed', ''],
  ['ed', 'e'],
  ['er', ''],
  ['ly', ''],
];

export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < one.length; d++) sum += one[d]! * other[d]!;
  return sum;
}
