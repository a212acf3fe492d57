import { type Account, placeOf } from './account.ts';
import { likenessTo } from './likeness.ts';
import type { Rarity } from './rarity.ts';

/** Accounts that speak for a cluster, however large it is. */
const SPEAKERS = 6;

export class Cluster {
  name: string;
  /** Runs that were put into it. */
  runs = 0;
  /** By rank, so that the speakers depend on who is in it and not on who came when. */
  readonly #accounts: Account[] = [];
  #within: { readonly version: number; readonly sum: number } | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get speakers(): readonly Account[] {
    return this.#accounts.slice(0, SPEAKERS);
  }

  add(account: Account): void {
    this.#accounts.splice(placeOf(this.#accounts, account), 0, account);
    this.#within = undefined;
  }

  remove(account: Account): void {
    this.#accounts.splice(placeOf(this.#accounts, account), 1);
    this.#within = undefined;
  }

  /** Sum of the likenesses of all pairs of speakers. */
  within(rarity: Rarity): number {
    if (this.#within?.version === rarity.version) return this.#within.sum;
    const speakers = this.speakers;
    let sum = 0;
    speakers.forEach((a, at) => {
      const alike = likenessTo(a, rarity);
      for (const b of speakers.slice(at + 1)) sum += alike(b);
    });
    this.#within = { version: rarity.version, sum };
    return sum;
  }
}
