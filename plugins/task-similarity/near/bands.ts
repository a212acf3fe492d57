import { mixed } from '../text/hash.ts';
import { PERMUTATIONS } from './min-hash.ts';

/** A text at the threshold is missed by all bands less often than this. */
const MOST_MISSED = 0.001;

/** Rows of a band: as many as can be, for fewer meet by chance then. */
export function rowsFor(threshold: number): number {
  for (let rows = 16; rows > 1; rows--)
    if ((1 - threshold ** rows) ** Math.floor(PERMUTATIONS / rows) <= MOST_MISSED) return rows;
  return 1;
}

/** Signatures that agree in all rows of some band meet in one bucket (locality-sensitive hashing). */
export class Bands {
  readonly #rows: number;
  /** Of each band: the newest signature of each bucket. */
  readonly #newest: readonly Map<number, number>[];
  /** The one before it in the bucket, at `slot * bands + band`; -1: there is none. */
  #before: Int32Array;

  constructor(threshold: number) {
    this.#rows = rowsFor(threshold);
    this.#newest = Array.from({ length: Math.floor(PERMUTATIONS / this.#rows) }, () => new Map());
    this.#before = new Int32Array(64 * this.#newest.length);
  }

  add(slot: number, signature: Uint32Array): void {
    const bands = this.#newest.length;
    if ((slot + 1) * bands > this.#before.length) {
      const larger = new Int32Array(2 * (slot + 1) * bands);
      larger.set(this.#before);
      this.#before = larger;
    }
    for (let band = 0; band < bands; band++) {
      const key = this.#key(signature, band);
      this.#before[slot * bands + band] = this.#newest[band]!.get(key) ?? -1;
      this.#newest[band]!.set(key, slot);
    }
  }

  remove(slot: number, signature: Uint32Array): void {
    const bands = this.#newest.length;
    for (let band = 0; band < bands; band++) {
      const key = this.#key(signature, band);
      const before = this.#before[slot * bands + band]!;
      let at = this.#newest[band]!.get(key)!;
      if (at === slot) {
        if (before < 0) this.#newest[band]!.delete(key);
        else this.#newest[band]!.set(key, before);
        continue;
      }
      while (this.#before[at * bands + band] !== slot) at = this.#before[at * bands + band]!;
      this.#before[at * bands + band] = before;
    }
  }

  /** Those that share a bucket, each as often as they do; of each bucket the newest `most`. */
  visit(signature: Uint32Array, most: number, visitor: (slot: number) => void): void {
    const bands = this.#newest.length;
    for (let band = 0; band < bands; band++) {
      let slot = this.#newest[band]!.get(this.#key(signature, band)) ?? -1;
      for (let seen = 0; slot >= 0 && seen < most; seen++) {
        visitor(slot);
        slot = this.#before[slot * bands + band]!;
      }
    }
  }

  #key(signature: Uint32Array, band: number): number {
    let key = band;
    for (let row = band * this.#rows, end = row + this.#rows; row < end; row++) key = mixed(key ^ signature[row]!);
    return key;
  }
}
