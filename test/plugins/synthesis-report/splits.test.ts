import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SeedTask } from '#plugins/synthesizer/api';
import { madeDataset, madeSeed } from './made-dataset.ts';
import { openReport } from './open-report.ts';

const { at } = openReport({ testShare: 0.3, validationShare: 0.3 });
interface Made {
  readonly seeds: readonly SeedTask[];
  readonly dropped: readonly SeedTask[];
  readonly clusterOf: ReadonlyMap<string, string>;
}

async function splitOf({ seeds, dropped, clusterOf }: Made): Promise<ReadonlyMap<string, string>> {
  const clusters = [...clusterOf].map(([trajectory, cluster]) => ({ key: trajectory, trajectory, cluster }));
  const to = path.join(at.dir, 'set');
  const dataset = {
    ...madeDataset(),
    seeds,
    clusters,
    dropped: dropped.map((seed) => ({ seed, filter: 'near-duplicate', why: '' })),
  };
  const files = await at.report.dataset({ dataset, tools: [], sequences: [] }, to);
  const found = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.jsonl')))
    for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
      const { task_id: id } = JSON.parse(line) as SeedTask;
      expect(found.has(id)).toBe(false);
      found.set(id, path.basename(file, '.jsonl'));
    }
  return found;
}

/** Seeds of runs of tasks, and of other seeds; some of them dropped. */
const made = fc
  .array(
    fc.record({
      cluster: fc.nat(12),
      parents: fc.array(fc.nat(40), { maxLength: 3 }),
      isDropped: fc.boolean(),
      isEvolved: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all): Made => {
    const id = (n: number): string => madeSeed(n).task_id;
    const seeds = all.map(({ parents, isEvolved }, n) => {
      const own = parents.filter((parent) => parent < n).map(id);
      return isEvolved && own.length > 0
        ? madeSeed(n, { lineage: { ...madeSeed(n).lineage, evolution: 'width', parents: own } })
        : madeSeed(n);
    });
    return {
      seeds: seeds.filter((_, n) => !all[n]!.isDropped),
      dropped: seeds.filter((_, n) => all[n]!.isDropped),
      clusterOf: new Map(all.map(({ cluster }, n) => [`run_${n}`, `cluster_${cluster}`])),
    };
  });

test('no task and no family of seeds stands on two sides, and no seed is lost', async () => {
  await fc.assert(
    fc.asyncProperty(made, async (all) => {
      const splits = await splitOf(all);
      expect([...splits.keys()].sort()).toEqual(all.seeds.map(({ task_id }) => task_id).sort());
      const byCluster = new Map<string, string>();
      for (const seed of all.seeds) {
        const cluster = all.clusterOf.get(seed.lineage.trajectory)!;
        const split = splits.get(seed.task_id)!;
        expect(byCluster.get(cluster) ?? split).toBe(split);
        byCluster.set(cluster, split);
        for (const parent of seed.lineage.parents ?? []) expect(splits.get(parent) ?? split).toBe(split);
      }
      // Through one that was dropped, too: its cluster, and all that were made of it.
      const sides = new Map<string, string>();
      for (const seed of all.seeds)
        for (const parent of seed.lineage.parents ?? []) {
          const split = splits.get(seed.task_id)!;
          expect(sides.get(parent) ?? split).toBe(split);
          sides.set(parent, split);
          const dropped = all.dropped.find(({ task_id }) => task_id === parent);
          if (dropped !== undefined)
            expect(byCluster.get(all.clusterOf.get(dropped.lineage.trajectory)!) ?? split).toBe(split);
        }
    }),
    { numRuns: 60 },
  );
});

test('a seed stays in its split when others come, in whatever order', async () => {
  const seeds = Array.from({ length: 120 }, (_, n) => madeSeed(n));
  const clusterOf = new Map(seeds.map((_, n) => [`run_${n}`, `cluster_${n % 70}`]));
  const few = await splitOf({ seeds: seeds.slice(0, 40), dropped: [], clusterOf });
  const all = await splitOf({ seeds: seeds.toReversed(), dropped: [], clusterOf });
  for (const [id, split] of few) expect(all.get(id)).toBe(split);
  const share = (name: string): number => [...all.values()].filter((split) => split === name).length / all.size;
  expect(share('test')).toBeGreaterThan(0.15);
  expect(share('test')).toBeLessThan(0.45);
  expect(share('validation')).toBeGreaterThan(0.15);
});
