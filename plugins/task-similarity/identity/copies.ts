import { mixed } from '../text/hash.ts';
import type { Account } from './account.ts';
import { isCopy } from './compared.ts';
import type { Description } from './description.ts';
import { TermPlaces } from './term-places.ts';

/** Signatures of so many bands of so many minima: texts that share three terms of four meet with a probability of 0.99. */
const BANDS = 12;
const ROWS = 4;
/** Of a bucket, so many are compared. */
const LOOKED_AT = 8;

/**
 * Accounts by what they nearly repeat. A thousand copies of one conversation are one account: they would make its words common
 * and all others strange.
 */
export class Copies {
  readonly #buckets = new Map<number, Account[]>();

  /** By what `keysOf` gave for it. */
  find(description: Description, keys: readonly number[]): Account | undefined {
    let places: TermPlaces | undefined;
    const seen = new Set<Account>();
    for (const key of keys)
      for (const other of (this.#buckets.get(key) ?? []).slice(0, LOOKED_AT)) {
        if (seen.has(other)) continue;
        seen.add(other);
        places ??= new TermPlaces(description.text);
        if (isCopy(description, other.description, places)) return other;
      }
    return undefined;
  }

  add(account: Account, keys: readonly number[]): void {
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) this.#buckets.set(key, [account]);
      else bucket.push(account);
    }
  }

  remove(account: Account): void {
    for (const key of keysOf(account.description)) {
      const left = (this.#buckets.get(key) ?? []).filter((other) => other !== account);
      if (left.length === 0) this.#buckets.delete(key);
      else this.#buckets.set(key, left);
    }
  }
}

const factors = Uint32Array.from({ length: BANDS * ROWS }, (_, n) => mixed(2 * n + 1) | 1);
const offsets = Uint32Array.from({ length: BANDS * ROWS }, (_, n) => mixed(2 * n + 2));

/** MinHash over terms, banded. */
export function keysOf({ text }: Description): readonly number[] {
  if (text.length === 0) return [];
  return Array.from({ length: BANDS }, (_, band) => {
    let key = band;
    for (let row = 0; row < ROWS; row++) {
      const [factor, offset] = [factors[band * ROWS + row]!, offsets[band * ROWS + row]!];
      let least = 0xffffffff;
      for (let at = 0; at < text.length; at++) {
        const value = (Math.imul(text[at]!, factor) + offset) >>> 0;
        if (value < least) least = value;
      }
      key = mixed(key ^ least);
    }
    return key;
  });
}
