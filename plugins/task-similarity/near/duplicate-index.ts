import type { NearDuplicates } from '../api.ts';
import { gramSet, gramsAt, shared } from '../text/grams.ts';
import { bounded, plainText } from '../text/plain-text.ts';
import { Bands } from './bands.ts';
import { likeness, PERMUTATIONS, signatureOf } from './min-hash.ts';

export interface DuplicateLimits {
  readonly threshold: number;
  readonly maxCharacters: number;
  readonly maxBucket: number;
}

interface Kept {
  readonly id: string;
  readonly slot: number;
  readonly signature: Uint32Array;
  /** For the exact similarity; left out where a text is so long that the estimate has to do. */
  readonly grams: Uint32Array | undefined;
}
/** Grams of about four pages. */
const MOST_EXACT = 8_192;

export class DuplicateIndex implements NearDuplicates {
  readonly #limits: DuplicateLimits;
  readonly #bands: Bands;
  readonly #slots: (Kept | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #byId = new Map<string, Kept>();
  /** For each slot: the text that it was last looked at for. */
  #seenFor = new Uint32Array(64);
  #looks = 0;

  constructor(limits: DuplicateLimits) {
    this.#limits = limits;
    this.#bands = new Bands(limits.threshold);
  }

  get size(): number {
    return this.#byId.size;
  }

  add(id: string, text: string) {
    const read = this.#read(text);
    const found = this.#nearest(read, id);
    if (found !== undefined) return found;
    this.remove(id);
    const slot = this.#free.pop() ?? this.#slots.length;
    const kept: Kept = { id, slot, ...read };
    this.#slots[slot] = kept;
    this.#byId.set(id, kept);
    this.#bands.add(slot, kept.signature);
    return undefined;
  }

  find(text: string) {
    return this.#nearest(this.#read(text));
  }

  remove(id: string): void {
    const kept = this.#byId.get(id);
    if (kept === undefined) return;
    this.#bands.remove(kept.slot, kept.signature);
    this.#byId.delete(id);
    this.#slots[kept.slot] = undefined;
    this.#free.push(kept.slot);
  }

  #read(text: string): Pick<Kept, 'signature' | 'grams'> {
    const grams = gramSet(gramsAt(plainText(bounded(text, this.#limits.maxCharacters))));
    const signature = new Uint32Array(PERMUTATIONS);
    signatureOf(grams, signature);
    return { signature, grams: grams.length <= MOST_EXACT ? grams : undefined };
  }

  /** The most similar one, of equals the one with the smallest id; `except` is not compared with itself. */
  #nearest(read: Pick<Kept, 'signature' | 'grams'>, except?: string) {
    let best: { readonly of: string; readonly similarity: number } | undefined;
    if (this.#slots.length > this.#seenFor.length) this.#seenFor = new Uint32Array(2 * this.#slots.length);
    const look = ++this.#looks;
    this.#bands.visit(read.signature, this.#limits.maxBucket, (slot) => {
      if (this.#seenFor[slot] === look) return;
      this.#seenFor[slot] = look;
      const kept = this.#slots[slot]!;
      if (kept.id === except) return;
      const similarity = similarityOf(read, kept);
      if (similarity < this.#limits.threshold) return;
      if (best === undefined || similarity > best.similarity || (similarity === best.similarity && kept.id < best.of))
        best = { of: kept.id, similarity };
    });
    return best;
  }
}

function similarityOf(a: Pick<Kept, 'signature' | 'grams'>, b: Kept): number {
  if (a.grams === undefined || b.grams === undefined) return likeness(a.signature, b.signature);
  const both = shared(a.grams, b.grams);
  const either = a.grams.length + b.grams.length - both;
  return either === 0 ? 1 : both / either;
}
