import { hash } from 'node:crypto';
import type { SeedTask, SynthesisDataset } from '#plugins/synthesizer/api';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/**
 * Which split a seed belongs to: by its task cluster, and seeds that were made of each other with the first of them, so that
 * no task stands on both sides. By hash, so a seed stays in its split when others come.
 */
export function splitSeeds(
  { seeds, clusters }: Pick<SynthesisDataset, 'seeds' | 'clusters'>,
  shares: { readonly test: number; readonly validation: number },
): Readonly<Record<Split, readonly SeedTask[]>> {
  const clusterOf = new Map(clusters.map(({ trajectory, cluster }) => [trajectory, cluster]));
  const group = groups(seeds, (seed) => clusterOf.get(seed.lineage.trajectory) ?? seed.lineage.trajectory);
  const found: Record<Split, SeedTask[]> = { train: [], validation: [], test: [] };
  for (const seed of seeds) {
    const point = Number.parseInt(hash('sha256', group(seed), 'hex').slice(0, 8), 16) / 0x1_0000_0000;
    const split = point < shares.test ? 'test' : point < shares.test + shares.validation ? 'validation' : 'train';
    found[split].push(seed);
  }
  return found;
}

/** Union of what belongs together; each group is named by the smallest name in it. */
function groups(seeds: readonly SeedTask[], clusterOf: (seed: SeedTask) => string): (seed: SeedTask) => string {
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
  const byTask = new Map(seeds.map((seed) => [seed.task_id, clusterOf(seed)]));
  for (const seed of seeds)
    for (const parent of seed.lineage.parents ?? []) {
      const of = byTask.get(parent);
      if (of !== undefined) join(clusterOf(seed), of);
    }
  return (seed) => top(clusterOf(seed));
}
