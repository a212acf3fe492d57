import { mixed } from '../text/hash.ts';

export const PERMUTATIONS = 128;

/** Odd factors and offsets: each pair permutes the numbers of 32 bits. Always the same, so that signatures can be compared. */
const factors = Uint32Array.from({ length: PERMUTATIONS }, (_, n) => mixed(2 * n + 1) | 1);
const offsets = Uint32Array.from({ length: PERMUTATIONS }, (_, n) => mixed(2 * n + 2));

/** The smallest of the permuted grams under each permutation (Broder 1997). */
export function signatureOf(grams: Uint32Array, into: Uint32Array): void {
  // One permutation after the other, so that its minimum stays in a register.
  for (let n = 0; n < PERMUTATIONS; n++) {
    const [factor, offset] = [factors[n]!, offsets[n]!];
    let least = 0xffffffff;
    for (let at = 0; at < grams.length; at++) {
      const value = (Math.imul(grams[at]!, factor) + offset) >>> 0;
      if (value < least) least = value;
    }
    into[n] = least;
  }
}

/** Share of equal minima: an estimate of the Jaccard similarity, give or take 0.04. */
export function likeness(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let n = 0; n < PERMUTATIONS; n++) if (a[n] === b[n]) equal++;
  return equal / PERMUTATIONS;
}
