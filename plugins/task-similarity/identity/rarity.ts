import type { Description } from './description.ts';

/** As if there had been so many other texts without the term: keeps few texts from making everything common. */
const UNSEEN_TEXTS = 5;

/** How rare terms are among distinct texts; ten runs of one request count once. */
export class Rarity {
  readonly #counts = new Map<number, number>();
  #texts = 0;
  /** Changes with every change of the counts. */
  version = 0;

  add({ text, values }: Description): void {
    this.#texts++;
    this.version++;
    for (const term of text) this.#counts.set(term, (this.#counts.get(term) ?? 0) + 1);
    for (const term of values) this.#counts.set(term, (this.#counts.get(term) ?? 0) + 1);
  }

  remove({ text, values }: Description): void {
    this.#texts--;
    this.version++;
    for (const terms of [text, values])
      for (const term of terms) {
        const left = this.#counts.get(term)! - 1;
        if (left === 0) this.#counts.delete(term);
        else this.#counts.set(term, left);
      }
  }

  /** Inverse document frequency. */
  of(term: number): number {
    return Math.log((this.#texts + UNSEEN_TEXTS) / ((this.#counts.get(term) ?? 0) + 0.5));
  }
}
