import { type Account, weightsOf } from './account.ts';
import { likeness, textShare } from './likeness.ts';
import type { Rarity } from './rarity.ts';
import type { SharedTurn } from './shared-turn.ts';
import { TermPlaces } from './term-places.ts';

/** Less than this is noise, and counts as none in averages. */
const LEAST = 0.1;

/** Visits the pairs of some accounts that are alike at all, by way of the terms that they share. */
export async function alikePairs(
  accounts: readonly Account[],
  rarity: Rarity,
  turn: SharedTurn,
  visitor: (a: number, b: number, likeness: number) => void,
): Promise<void> {
  const byText = new Entries(accounts.map(({ description }) => description.text));
  const byValue = new Entries(accounts.map(({ description }) => description.values));
  const texts = new Float64Array(accounts.length);
  const values = new Float64Array(accounts.length);
  for (const [at, account] of accounts.entries()) {
    if (turn.isOver) await turn.next();
    const { description } = account;
    const weights = weightsOf(account, rarity);
    const places = new TermPlaces(description.text);
    texts.fill(0, 0, at);
    values.fill(0, 0, at);
    for (let n = 0; n < description.text.length; n++)
      byText.meet(description.text[n]!, at, weights.text[n]!, weights.request[n]!, texts);
    for (let n = 0; n < description.values.length; n++)
      byValue.meet(description.values[n]!, at, weights.values[n]!, 0, values);
    for (let other = 0; other < at; other++) {
      if (texts[other] === 0 && values[other] === 0) continue;
      const alike = likeness(description, accounts[other]!.description, texts[other]!, values[other]!, places);
      if (alike >= LEAST) visitor(at, other, alike);
    }
  }
}

/** Accounts by their terms, in flat arrays; terms of a single account have no place, for nobody is met there. */
class Entries {
  /** Where the entries of a term begin, and how many there are by now. */
  readonly #begins = new Map<number, number>();
  readonly #filled: Uint32Array;
  readonly #account: Uint32Array;
  readonly #weight: Float64Array;
  readonly #ofRequest: Float64Array;

  constructor(lists: readonly Uint32Array[]) {
    const counts = new Map<number, number>();
    for (const terms of lists) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    let size = 0;
    for (const [term, count] of counts) {
      if (count < 2) continue;
      this.#begins.set(term, size);
      size += count;
    }
    this.#filled = new Uint32Array(size);
    this.#account = new Uint32Array(size);
    this.#weight = new Float64Array(size);
    this.#ofRequest = new Float64Array(size);
  }

  /** Adds up what an account shares with those that had the term before. */
  meet(term: number, account: number, weight: number, ofRequest: number, sums: Float64Array): void {
    const begin = this.#begins.get(term);
    if (begin === undefined) return;
    const end = begin + this.#filled[begin]!;
    for (let at = begin; at < end; at++)
      sums[this.#account[at]!]! += textShare(weight, this.#weight[at]!, ofRequest, this.#ofRequest[at]!);
    this.#account[end] = account;
    this.#weight[end] = weight;
    this.#ofRequest[end] = ofRequest;
    this.#filled[begin]!++;
  }
}
