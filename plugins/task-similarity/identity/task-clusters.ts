import type { TaskFacts, TaskIdentity } from '../api.ts';
import { hashOf } from '../text/hash.ts';
import { type Account, byRank } from './account.ts';
import type { Merging } from './agglomeration.ts';
import { Cluster } from './cluster.ts';
import { Copies, keysOf } from './copies.ts';
import { type DescriptionLimits, describe } from './description.ts';
import { groupTogether } from './group-together.ts';
import { Rarity } from './rarity.ts';
import { SameRequests } from './same-requests.ts';
import { SharedTurn } from './shared-turn.ts';
import { SpeakerIndex } from './speaker-index.ts';

/** Accounts that are compared all with all; of a larger batch the next so many are compared with the clusters of these too. */
const TOGETHER = 512;

/** Puts runs into clusters. All that it decides depends on the runs and clusters that it knows, not on how they came. */
export class TaskClusters implements TaskIdentity {
  readonly #limits: DescriptionLimits;
  readonly #merging: Merging;
  readonly #runs = new Map<string, { readonly account: Account; readonly cluster: Cluster }>();
  /** By what was said. */
  readonly #accounts = new Map<string, Account>();
  /** Of accounts that are decided. */
  readonly #clusterOf = new Map<Account, Cluster>();
  readonly #clusters = new Map<string, Cluster>();
  readonly #copies = new Copies();
  readonly #rarity = new Rarity();
  readonly #requests = new SameRequests();
  readonly #speakers = new SpeakerIndex();

  constructor(limits: DescriptionLimits, merging: Merging) {
    this.#limits = limits;
    this.#merging = merging;
  }

  restore(known: readonly (TaskFacts & { readonly cluster: string })[]): void {
    for (const facts of known) {
      if (this.#runs.has(facts.id)) continue;
      let cluster = this.#clusters.get(facts.cluster);
      if (cluster === undefined) {
        cluster = new Cluster(facts.cluster);
        this.#clusters.set(facts.cluster, cluster);
      }
      const account = this.#accountOf(facts);
      if (!this.#clusterOf.has(account)) {
        this.#requests.add(account);
        this.#settle(account, cluster);
      }
      this.#put(facts.id, account, cluster);
    }
    this.#speakers.sweep();
  }

  async assign(batch: readonly TaskFacts[]): Promise<readonly string[]> {
    const turn = new SharedTurn();
    const fresh = new Map<string, Account>();
    for (const facts of batch) {
      if (turn.isOver) await turn.next();
      if (!this.#runs.has(facts.id) && !fresh.has(facts.id)) fresh.set(facts.id, this.#accountOf(facts));
    }
    const undecided = [...new Set(fresh.values())].filter((account) => !this.#clusterOf.has(account)).sort(byRank);
    for (let at = 0; at < undecided.length; at += TOGETHER)
      await this.#decide(undecided.slice(at, at + TOGETHER), turn);

    for (const [id, account] of fresh) {
      const cluster = this.#clusterOf.get(account)!;
      if (cluster.name === UNNAMED) {
        cluster.name = this.#free(id);
        this.#clusters.set(cluster.name, cluster);
      }
      this.#put(id, account, cluster);
    }
    return batch.map(({ id }) => this.#runs.get(id)!.cluster.name);
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) {
      const run = this.#runs.get(id);
      if (run === undefined) continue;
      this.#runs.delete(id);
      if (--run.cluster.runs === 0) this.#clusters.delete(run.cluster.name);
      run.account.runs.delete(id);
      if (run.account.runs.size === 0) this.#drop(run.account);
    }
    this.#speakers.sweep();
  }

  #accountOf(facts: TaskFacts): Account {
    const description = describe(facts, this.#limits);
    const same = this.#accounts.get(description.said);
    if (same !== undefined) return same;
    const keys = keysOf(description);
    const known = this.#copies.find(description, keys);
    if (known !== undefined) return known;
    const account: Account = { description, rank: hashOf(description.said), runs: new Set() };
    this.#accounts.set(description.said, account);
    this.#copies.add(account, keys);
    this.#rarity.add(description);
    return account;
  }

  async #decide(accounts: readonly Account[], turn: SharedTurn): Promise<void> {
    const together: Account[][] = [];
    const groupOf = new Map<Account, Account[]>();
    for (const account of accounts) {
      const same = this.#requests.find(account, this.#rarity);
      this.#requests.add(account);
      const cluster = same && this.#clusterOf.get(same);
      if (cluster !== undefined) {
        this.#settle(account, cluster);
        continue;
      }
      const group = same === undefined ? [] : groupOf.get(same)!;
      if (group.length === 0) together.push(group);
      group.push(account);
      groupOf.set(account, group);
    }
    this.#speakers.sweep();
    const around = {
      rarity: this.#rarity,
      merging: this.#merging,
      candidates: (account: Account) => this.#speakers.candidates(account, this.#rarity),
    };
    for (const group of await groupTogether(together, around, turn)) {
      const cluster = group.joins ?? new Cluster(UNNAMED);
      for (const account of group.accounts) this.#settle(account, cluster);
    }
    this.#speakers.sweep();
  }

  #settle(account: Account, cluster: Cluster): void {
    const before = cluster.speakers;
    cluster.add(account);
    this.#clusterOf.set(account, cluster);
    this.#speakers.update(cluster, before);
  }

  #put(id: string, account: Account, cluster: Cluster): void {
    account.runs.add(id);
    cluster.runs++;
    this.#runs.set(id, { account, cluster });
  }

  #drop(account: Account): void {
    const cluster = this.#clusterOf.get(account)!;
    const before = cluster.speakers;
    cluster.remove(account);
    this.#speakers.update(cluster, before);
    this.#clusterOf.delete(account);
    this.#accounts.delete(account.description.said);
    this.#requests.remove(account);
    this.#copies.remove(account);
    this.#rarity.remove(account.description);
  }

  /** The name may live on in a cluster whose first run was forgotten and comes again. */
  #free(id: string): string {
    let name = id;
    for (let n = 2; this.#clusters.has(name); n++) name = `${id}~${n}`;
    return name;
  }
}

/** Until the batch is decided it is open which of the runs in a cluster is the first. */
const UNNAMED = '';
