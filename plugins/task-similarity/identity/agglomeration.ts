import { Heap } from './heap.ts';

/** What is put together: accounts that are new, or a cluster that is there. */
export interface Node {
  /** Accounts that its averages count. */
  size: number;
  /** Sum of the likenesses of their pairs. */
  within: number;
  /** Of others by their place: sum of the likenesses of all pairs between the two. */
  readonly toward: Map<number, number>;
  /** A cluster that is there; two of them never become one. */
  readonly fixed: boolean;
}

export interface Merging {
  /** Likeness from which two accounts may be of one task: much, for nothing is known of how alike others are. */
  readonly certainty: number;
  /** Average likeness from which many of them may. Between one pair and many it comes down as one over the pairs. */
  readonly likeness: number;
  /** And at least this share of how alike each is within itself: tasks of one kind differ less than that, but they do. */
  readonly contrast: number;
}

/** How much the likeness within a few accounts may count: as if there were so many pairs of ordinary likeness too. */
const ORDINARY_PAIRS = 0.5;
const ORDINARY_LIKENESS = 0.2;
/** More alike than this are copies, which say nothing of how much runs of the task differ. */
const MOST_ALIKE = 0.5;

interface Offer {
  readonly average: number;
  readonly a: number;
  readonly b: number;
  readonly ages: number;
}

/**
 * Average-link agglomeration over a sparse graph: the most alike two become one until none may. Returns for each node the one
 * that it went into, itself where it stayed.
 */
export function agglomerate(nodes: readonly Node[], merging: Merging): readonly number[] {
  const into = nodes.map((_, at) => at);
  const ages = new Uint32Array(nodes.length);
  const offers = new Heap<Offer>((x, y) => x.average > y.average || (x.average === y.average && before(x, y)));
  const offer = (a: number, b: number): void => {
    const [x, y] = [nodes[a]!, nodes[b]!];
    if (x.fixed && y.fixed) return;
    const pairs = x.size * y.size;
    const average = x.toward.get(b)! / pairs;
    if (average < merging.likeness + (merging.certainty - merging.likeness) / pairs) return;
    if (average < (merging.contrast * (cohesion(x) + cohesion(y))) / 2) return;
    offers.push({ average, a, b, ages: ages[a]! + ages[b]! });
  };
  nodes.forEach(({ toward }, a) => {
    for (const b of toward.keys()) if (b < a) offer(a, b);
  });
  for (let best = offers.pop(); best !== undefined; best = offers.pop()) {
    // Ages only grow, so an equal sum says that neither has changed.
    if (into[best.a] !== best.a || into[best.b] !== best.b || best.ages !== ages[best.a]! + ages[best.b]!) continue;
    const [kept, gone] = nodes[best.b]!.fixed || !nodes[best.a]!.fixed ? [best.b, best.a] : [best.a, best.b];
    into[gone] = kept;
    ages[kept]!++;
    absorb(nodes, kept, gone);
    for (const other of nodes[kept]!.toward.keys()) offer(Math.max(kept, other), Math.min(kept, other));
  }
  return into.map((_, at) => {
    let end = at;
    while (into[end] !== end) end = into[end]!;
    return end;
  });
}

const before = (x: Offer, y: Offer): boolean => x.b < y.b || (x.b === y.b && x.a < y.a);

function cohesion({ size, within }: Node): number {
  const average = (within + ORDINARY_PAIRS * ORDINARY_LIKENESS) / ((size * (size - 1)) / 2 + ORDINARY_PAIRS);
  return Math.min(MOST_ALIKE, Math.max(average, ORDINARY_LIKENESS));
}

function absorb(nodes: readonly Node[], kept: number, gone: number): void {
  const [to, from] = [nodes[kept]!, nodes[gone]!];
  to.within += from.within + (to.toward.get(gone) ?? 0);
  to.size += from.size;
  to.toward.delete(gone);
  from.toward.delete(kept);
  for (const [other, sum] of from.toward) {
    const total = sum + (to.toward.get(other) ?? 0);
    to.toward.set(other, total);
    const back = nodes[other]!.toward;
    back.delete(gone);
    back.set(kept, total);
  }
  from.toward.clear();
}
