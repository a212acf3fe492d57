import { termsOf } from './words.ts';

/** One document's texts, each with how much a word in it counts. */
export type Fields = readonly (readonly [text: string, weight: number])[];

/** A document as its distinct terms, by their ids in a vocabulary. */
export interface TermWeights {
  readonly ids: Uint32Array;
  readonly weights: Float32Array;
}

/** Numbers for terms. A term keeps its number, so that what was read once fits into every index made later. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.#ids.size;
  }

  idOf(term: string): number | undefined {
    return this.#ids.get(term);
  }

  read(fields: Fields): TermWeights {
    const found = new Map<number, number>();
    for (const [text, weight] of fields) {
      for (const term of termsOf(text)) {
        let id = this.#ids.get(term);
        if (id === undefined) {
          id = this.#ids.size;
          this.#ids.set(term, id);
        }
        found.set(id, (found.get(id) ?? 0) + weight);
      }
    }
    return { ids: Uint32Array.from(found.keys()), weights: Float32Array.from(found.values()) };
  }
}
