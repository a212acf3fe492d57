import { type Account, byRank } from './account.ts';
import type { Cluster } from './cluster.ts';
import type { Rarity } from './rarity.ts';

/** Clusters that are compared with an account. */
const CANDIDATES = 6;
/** Entries that are looked at for them: those of the rarest terms. */
const ENTRIES = 1_000;

interface Speaker {
  readonly account: Account;
  readonly cluster: Cluster;
  readonly number: number;
}

/** Which clusters may be the one of an account: by the rare terms that their speakers share with it. */
export class SpeakerIndex {
  readonly #numbers = new Map<Account, number>();
  readonly #speakers: (Speaker | undefined)[] = [];
  readonly #free: number[] = [];
  /** Numbers of speakers; most terms are those of a single one, which needs no list. */
  readonly #byTerm = new Map<number, number | number[]>();
  /** Terms of speakers that are gone, whose numbers are free when the terms are clean. */
  readonly #dirty = new Set<number>();
  readonly #gone: number[] = [];
  /** Of each speaker: its score, and the look that it is of. */
  #scores = new Float64Array(64);
  #looks = new Uint32Array(64);
  #look = 0;

  /** Told after each change of a cluster; `sweep` follows before candidates are asked for. */
  update(cluster: Cluster, before: readonly Account[]): void {
    const now = cluster.speakers;
    for (const account of before) if (!now.includes(account)) this.#remove(account);
    for (const account of now) if (!before.includes(account)) this.#add(account, cluster);
  }

  /** Takes those that are gone out of all lists at once, for some lists are long. */
  sweep(): void {
    for (const term of this.#dirty) {
      const numbers = this.#byTerm.get(term)!;
      const left = (typeof numbers === 'number' ? [numbers] : numbers).filter((each) => this.#speakers[each]);
      if (left.length === 0) this.#byTerm.delete(term);
      else this.#byTerm.set(term, left.length === 1 ? left[0]! : left);
    }
    this.#dirty.clear();
    this.#free.push(...this.#gone.splice(0));
  }

  candidates(account: Account, rarity: Rarity): readonly Cluster[] {
    this.#look++;
    const touched: number[] = [];
    let entries = 0;
    for (const { term, numbers } of this.#found(account)) {
      if (entries >= ENTRIES) break;
      entries += numbers.length;
      const weight = rarity.of(term) ** 2;
      for (const number of numbers) {
        if (this.#looks[number] !== this.#look) {
          this.#looks[number] = this.#look;
          this.#scores[number] = 0;
          touched.push(number);
        }
        this.#scores[number]! += weight;
      }
    }
    return this.#bestOf(touched);
  }

  /** What is known of its terms, the rarest first. */
  #found({ description: { text, values } }: Account) {
    const found: { readonly term: number; readonly numbers: readonly number[] }[] = [];
    for (const terms of [text, values])
      for (const term of terms) {
        const numbers = this.#byTerm.get(term);
        if (numbers !== undefined) found.push({ term, numbers: typeof numbers === 'number' ? [numbers] : numbers });
      }
    return found.sort((a, b) => a.numbers.length - b.numbers.length || a.term - b.term);
  }

  /** The clusters of the speakers with the highest scores; a few out of thousands, so without sorting all. */
  #bestOf(touched: readonly number[]): readonly Cluster[] {
    const best: Speaker[] = [];
    for (const number of touched) {
      if (best.length === CANDIDATES && this.#scores[number]! < this.#scores[best[CANDIDATES - 1]!.number]!) continue;
      const speaker = this.#speakers[number]!;
      const own = best.findIndex(({ cluster }) => cluster === speaker.cluster);
      if (own >= 0) {
        if (!this.#isBetter(speaker, best[own]!)) continue;
        best.splice(own, 1);
      }
      let at = best.length;
      while (at > 0 && this.#isBetter(speaker, best[at - 1]!)) at--;
      best.splice(at, 0, speaker);
      if (best.length > CANDIDATES) best.pop();
    }
    return best.map(({ cluster }) => cluster);
  }

  #isBetter(a: Speaker, b: Speaker): boolean {
    const [x, y] = [this.#scores[a.number]!, this.#scores[b.number]!];
    return x > y || (x === y && byRank(a.account, b.account) < 0);
  }

  #add(account: Account, cluster: Cluster): void {
    const number = this.#free.pop() ?? this.#speakers.length;
    this.#speakers[number] = { account, cluster, number };
    this.#numbers.set(account, number);
    if (number >= this.#scores.length) {
      this.#scores = new Float64Array(2 * number);
      this.#looks = new Uint32Array(2 * number);
    }
    for (const terms of [account.description.text, account.description.values])
      for (const term of terms) {
        const numbers = this.#byTerm.get(term);
        if (numbers === undefined) this.#byTerm.set(term, number);
        else if (typeof numbers === 'number') this.#byTerm.set(term, [numbers, number]);
        else numbers.push(number);
      }
  }

  #remove(account: Account): void {
    const number = this.#numbers.get(account)!;
    this.#numbers.delete(account);
    this.#speakers[number] = undefined;
    this.#gone.push(number);
    for (const terms of [account.description.text, account.description.values])
      for (const term of terms) this.#dirty.add(term);
  }
}
