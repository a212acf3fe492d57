import { hash } from 'node:crypto';
import type { SeedTask, SynthesisDataset } from '#plugins/synthesizer/api';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/**
 * Which split a seed belongs to: by its task cluster, and seeds that were made of each other with the first of them, so that
 * no task stands on both sides. By hash, so a seed stays in its split when others come.
 */
export function splitSeeds(
  dataset: Pick<SynthesisDataset, 'seeds' | 'clusters' | 'dropped'>,
  shares: { readonly test: number; readonly validation: number },
): Readonly<Record<Split, readonly SeedTask[]>> {
  const groupOf = groups(dataset);
  const found: Record<Split, SeedTask[]> = { train: [], validation: [], test: [] };
  for (const seed of dataset.seeds) {
    const point = Number.parseInt(hash('sha256', groupOf(seed), 'hex').slice(0, 8), 16) / 0x1_0000_0000;
    const split = point < shares.test ? 'test' : point < shares.test + shares.validation ? 'validation' : 'train';
    found[split].push(seed);
  }
  return found;
}

/** Union of what belongs together, through seeds that were dropped too; each group has the smallest cluster's name in it. */
function groups({
  seeds,
  clusters,
  dropped,
}: Pick<SynthesisDataset, 'seeds' | 'clusters' | 'dropped'>): (seed: SeedTask) => string {
  const clusterOf = new Map(clusters.map(({ trajectory, cluster }) => [trajectory, cluster]));
  const start = ({ lineage: { trajectory } }: SeedTask): string => `cluster ${clusterOf.get(trajectory) ?? trajectory}`;
  const up = new Map<string, string>();
  const top = (name: string): string => {
    let at = name;
    for (let next = up.get(at); next !== undefined; next = up.get(at)) at = next;
    return at;
  };
  const join = (a: string, b: string): void => {
    const [small, large] = [top(a), top(b)].sort() as [string, string];
    if (small !== large) up.set(large, small);
  };
  // Names of clusters sort before those of seeds.
  for (const seed of [...seeds, ...dropped.map((each) => each.seed)]) {
    join(start(seed), `seed ${seed.task_id}`);
    for (const parent of seed.lineage.parents ?? []) join(start(seed), `seed ${parent}`);
  }
  return (seed) => top(start(seed));
}
