import path from 'node:path';
import type { Storage } from '#plugins/storage/api';
import type { RunHead, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { CheckVerdict, Difficulty, SeedTask, SynthesisDataset } from '../api.ts';
import { difficultyOf } from '../stages/trials.ts';
import { moneySpent } from '../store/call-table.ts';
import { allClusters, type ClusterRow } from '../store/cluster-table.ts';
import { allEssences, type EssenceRow } from '../store/essence-table.ts';
import { allFailures } from '../store/failure-table.ts';
import { type SeedRow, seedRows } from '../store/seed-table.ts';
import type { RecipeNames } from '../store/state.ts';

const PAGE = 1_000;

/** Everything that the files are made of, from what is kept: the same for the same rows. */
export async function readDataset(
  storage: Storage,
  archive: TrajectoryArchive,
  names: RecipeNames,
  cachedCalls: number,
): Promise<SynthesisDataset> {
  const heads = new Map<string, RunHead>();
  for (let last = 0; ; ) {
    const page = await archive.heads(last, PAGE);
    for (const head of page) heads.set(head.id, head);
    if (page.length === 0) break;
    last = page.at(-1)!.seq;
  }
  const [essences, clusters, seeds, failures, money, totals] = [
    await allEssences(storage),
    (await allClusters(storage)).filter(({ trajectory }) => heads.has(trajectory)),
    shown(await seedRows(storage, ['kept', 'dropped']), names.evolve),
    await allFailures(storage),
    await moneySpent(storage),
    await archive.totals(),
  ];
  const context = seedContext(heads, clusters, essences, names);
  const tasks = seeds.flatMap((row) => {
    const seed = seedTask(row, context);
    return seed === undefined ? [] : [{ row, seed }];
  });
  const imported = heads.size;
  return {
    essences: essences.map(({ essence }) => essence),
    seeds: tasks.filter(({ row }) => row.state === 'kept').map(({ seed }) => seed),
    dropped: tasks
      .filter(({ row }) => row.state === 'dropped')
      .map(({ row, seed }) => ({ seed, filter: row.filter ?? 'unknown', why: row.why ?? '' })),
    clusters: clusters.map(({ trajectory, cluster }) => ({
      key: heads.get(trajectory)!.key,
      trajectory,
      cluster,
    })),
    counts: {
      seen: imported + totals.duplicates + totals.quarantined + totals.erased,
      imported,
      duplicate: totals.duplicates,
      quarantined: totals.quarantined,
      erased: totals.erased,
    },
    sources: sourcesOf([...heads.values()]),
    money: { ...money, cachedCalls },
    redactions: sum(essences.map(({ redactions }) => redactions)),
    failures: failures.map(({ trajectory, stage, why }) => ({ trajectory, stage, why })),
    configHash: names.hash,
    strategies: { essence: names.essence, seed: names.seed, evolve: names.evolve },
    asOf: [...essences, ...seeds, ...[...heads.values()].map((head) => ({ at: head.addedAt }))].reduce(
      (latest, { at }) => Math.max(latest, at),
      0,
    ),
  };
}

/** Not those of an evolution that is no longer wanted, or of seeds that are no longer kept. */
function shown(rows: readonly SeedRow[], evolve: string): readonly SeedRow[] {
  const kept = new Set(rows.flatMap((row) => (row.state === 'kept' && row.task_id !== undefined ? [row.task_id] : [])));
  return rows.filter(
    ({ evolution, parents }) =>
      evolution === 'none' || (evolution === evolve && parents.every((parent) => kept.has(parent))),
  );
}

export interface SeedContext {
  readonly trials: ReadonlyMap<string, readonly RunHead[]>;
  readonly essences: ReadonlyMap<string, EssenceRow>;
  readonly names: RecipeNames;
}

export function seedContext(
  heads: ReadonlyMap<string, RunHead>,
  clusters: readonly ClusterRow[],
  essences: readonly EssenceRow[],
  names: RecipeNames,
): SeedContext {
  const trials = new Map<string, RunHead[]>();
  for (const { cluster, trajectory } of clusters) {
    const head = heads.get(trajectory);
    if (head === undefined) continue;
    const of = trials.get(cluster) ?? [];
    of.push(head);
    trials.set(cluster, of);
  }
  return { trials, essences: new Map(essences.map((row) => [row.trajectory, row])), names };
}

/** A seed as it stands in the file; undefined where what it was made of is gone. */
export function seedTask(row: SeedRow, { trials, essences, names }: SeedContext): SeedTask | undefined {
  const of = trials.get(row.cluster) ?? [];
  const essence = essences.get(row.trajectory);
  if (row.draft === undefined || row.task_id === undefined || essence === undefined) return undefined;
  const isEvolved = row.evolution !== 'none';
  const calls = [...essence.calls, ...row.calls];
  return {
    task_id: row.task_id,
    ...row.draft,
    // Nobody has run what was made harder.
    difficulty: isEvolved ? NOT_RUN : difficultyOf(of),
    verification: row.verdicts,
    verified: row.verdicts.some(({ verdict }) => verdict === 'passed') && row.verdicts.every(isEnough),
    lineage: {
      trajectory: row.trajectory,
      trials: of.map(({ id }) => id),
      essence: essence.essence.essence_id,
      essence_strategy: essence.strategy,
      seed_strategy: names.seed,
      evolution: row.evolution,
      ...(isEvolved && { parents: row.parents }),
      calls,
      ...(essence.essence.model !== undefined && { model: essence.essence.model }),
    },
  };
}

function sourcesOf(heads: readonly RunHead[]): SynthesisDataset['sources'] {
  const byFile = new Map<string, { file: string; format: string; runs: number; license?: string }>();
  for (const { file, format, license } of heads) {
    const name = path.join(path.basename(path.dirname(file)), path.basename(file));
    const of = byFile.get(`${name} ${format}`) ?? { file: name, format, runs: 0, ...(license && { license }) };
    of.runs++;
    byFile.set(`${name} ${format}`, of);
  }
  return [...byFile.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

function sum(each: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const counts of each)
    for (const [kind, count] of Object.entries(counts)) total[kind] = (total[kind] ?? 0) + count;
  return Object.fromEntries(Object.entries(total).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const NOT_RUN: Difficulty = { trials: 0, judged: 0, successes: 0, note: 'made harder than what was run' };

const isEnough = ({ verdict, needs }: CheckVerdict): boolean =>
  verdict === 'passed' || (verdict === 'unverified' && needs !== undefined);
