import type { Account } from './account.ts';
import { agglomerate, type Merging, type Node } from './agglomeration.ts';
import { alikePairs } from './alike-pairs.ts';
import type { Cluster } from './cluster.ts';
import { likenessTo } from './likeness.ts';
import type { Rarity } from './rarity.ts';
import type { SharedTurn } from './shared-turn.ts';

export interface Surroundings {
  readonly rarity: Rarity;
  readonly merging: Merging;
  candidates(account: Account): readonly Cluster[];
}

/** New accounts that are one task, and the cluster that they join, if they join one. */
export interface Group {
  readonly accounts: readonly Account[];
  readonly joins: Cluster | undefined;
}

/** Puts new accounts together, with one another and with clusters that are there; what is given as one stays one. */
export async function groupTogether(
  given: readonly (readonly Account[])[],
  around: Surroundings,
  turn: SharedTurn,
): Promise<readonly Group[]> {
  const { rarity, merging } = around;
  const accounts = given.flat();
  const nodeOf = given.flatMap((together, node) => together.map(() => node));
  const nodes: Node[] = given.map(({ length }) => ({ size: length, within: 0, toward: new Map(), fixed: false }));
  await alikePairs(accounts, rarity, turn, (i, j, alike) => {
    const [a, b] = [nodeOf[i]!, nodeOf[j]!];
    if (a === b) nodes[a]!.within += alike;
    else link(nodes, a, b, alike);
  });

  const places = new Map<Cluster, number>();
  for (const [at, account] of accounts.entries()) {
    if (turn.isOver) await turn.next();
    const candidates = around.candidates(account);
    if (candidates.length === 0) continue;
    const alike = likenessTo(account, rarity);
    for (const cluster of candidates) {
      const speakers = cluster.speakers;
      let place = places.get(cluster);
      if (place === undefined) {
        place = nodes.length;
        places.set(cluster, place);
        nodes.push({ size: speakers.length, within: cluster.within(rarity), toward: new Map(), fixed: true });
      }
      let sum = 0;
      for (const speaker of speakers) sum += alike(speaker);
      link(nodes, nodeOf[at]!, place, sum);
    }
  }

  const clusters = new Map([...places].map(([cluster, place]) => [place, cluster]));
  const ends = agglomerate(nodes, merging);
  const groups = new Map<number, Account[]>();
  given.forEach((together, node) => {
    const end = ends[node]!;
    groups.set(end, [...(groups.get(end) ?? []), ...together]);
  });
  return [...groups].map(([end, members]) => ({ accounts: members, joins: clusters.get(end) }));
}

function link(nodes: readonly Node[], a: number, b: number, likeness: number): void {
  const sum = (nodes[a]!.toward.get(b) ?? 0) + likeness;
  nodes[a]!.toward.set(b, sum);
  nodes[b]!.toward.set(a, sum);
}
