import { type Account, byRank } from './account.ts';
import type { Cluster } from './cluster.ts';
import type { Rarity } from './rarity.ts';

/** Clusters that are compared with an account. */
const CANDIDATES = 16;
/** Entries that are looked at for them: those of the rarest terms. */
const ENTRIES = 2_000;

interface Speaker {
  readonly account: Account;
  readonly cluster: Cluster;
  /** Long accounts share more terms with everybody. */
  readonly length: number;
  score: number;
  look: number;
}

/** Which clusters may be the one of an account: by the rare terms that their speakers share with it. */
export class SpeakerIndex {
  readonly #speakers = new Map<Account, Speaker>();
  /** Most terms are those of a single speaker, which needs no list. */
  readonly #byTerm = new Map<number, Speaker | Speaker[]>();
  #looks = 0;

  /** Told after each change of a cluster. */
  update(cluster: Cluster, before: readonly Account[]): void {
    const now = cluster.speakers;
    for (const account of before) if (!now.includes(account)) this.#remove(account);
    for (const account of now) if (!before.includes(account)) this.#add(account, cluster);
  }

  candidates(account: Account, rarity: Rarity): readonly Cluster[] {
    const look = ++this.#looks;
    const touched: Speaker[] = [];
    let entries = 0;
    for (const { term, speakers } of this.#found(account)) {
      if (entries >= ENTRIES) break;
      entries += speakers.length;
      const weight = rarity.of(term) ** 2;
      for (const speaker of speakers) {
        if (speaker.look !== look) {
          speaker.look = look;
          speaker.score = 0;
          touched.push(speaker);
        }
        speaker.score += weight / speaker.length;
      }
    }
    return bestOf(touched);
  }

  /** What is known of its terms, the rarest first. */
  #found({ description: { text, values } }: Account) {
    const found: { readonly term: number; readonly speakers: readonly Speaker[] }[] = [];
    for (const terms of [text, values])
      for (const term of terms) {
        const speakers = this.#byTerm.get(term);
        if (speakers !== undefined) found.push({ term, speakers: Array.isArray(speakers) ? speakers : [speakers] });
      }
    return found.sort((a, b) => a.speakers.length - b.speakers.length || a.term - b.term);
  }

  #add(account: Account, cluster: Cluster): void {
    const { text, values } = account.description;
    const speaker: Speaker = { account, cluster, length: Math.sqrt(text.length + values.length), score: 0, look: 0 };
    this.#speakers.set(account, speaker);
    for (const terms of [text, values])
      for (const term of terms) {
        const speakers = this.#byTerm.get(term);
        if (speakers === undefined) this.#byTerm.set(term, speaker);
        else if (Array.isArray(speakers)) speakers.push(speaker);
        else this.#byTerm.set(term, [speakers, speaker]);
      }
  }

  #remove(account: Account): void {
    const speaker = this.#speakers.get(account)!;
    this.#speakers.delete(account);
    for (const terms of [account.description.text, account.description.values])
      for (const term of terms) {
        const speakers = this.#byTerm.get(term);
        const left = Array.isArray(speakers) ? speakers.filter((other) => other !== speaker) : [];
        if (left.length === 0) this.#byTerm.delete(term);
        else this.#byTerm.set(term, left.length === 1 ? left[0]! : left);
      }
  }
}

/** The clusters of the speakers with the highest scores; a few out of thousands, so without sorting all. */
function bestOf(touched: readonly Speaker[]): readonly Cluster[] {
  const best: Speaker[] = [];
  for (const speaker of touched) {
    if (best.length === CANDIDATES && !isBetter(speaker, best[CANDIDATES - 1]!)) continue;
    const own = best.findIndex(({ cluster }) => cluster === speaker.cluster);
    if (own >= 0) {
      if (!isBetter(speaker, best[own]!)) continue;
      best.splice(own, 1);
    }
    let at = best.length;
    while (at > 0 && isBetter(speaker, best[at - 1]!)) at--;
    best.splice(at, 0, speaker);
    if (best.length > CANDIDATES) best.pop();
  }
  return best.map(({ cluster }) => cluster);
}

const isBetter = (a: Speaker, b: Speaker): boolean =>
  a.score > b.score || (a.score === b.score && byRank(a.account, b.account) < 0);
