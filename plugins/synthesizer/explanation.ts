import { fault, nearest } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { RunHead, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { SeedLineage, SeedTask } from './api.ts';
import { seedContext, seedTask } from './outputs/dataset.ts';
import { trialsOf } from './stages/trials.ts';
import { keptCalls } from './store/call-table.ts';
import { essenceOf } from './store/essence-table.ts';
import { type SeedRow, seedOfTask, seedRows } from './store/seed-table.ts';
import type { RecipeNames } from './store/state.ts';

/** Where a seed comes from: every trajectory, call and parent. An id may be cut where it stays unique. */
export async function explainSeed(
  task: string,
  parts: { readonly storage: Storage; readonly archive: TrajectoryArchive; readonly names: RecipeNames },
  version: string,
): Promise<SeedLineage> {
  const row = (await seedOfTask(parts.storage, task)) ?? (await byPrefix(parts.storage, task));
  const { seed, trials } = await whole(row, parts);
  const essence = await essenceOf(parts.storage, row.trajectory);
  const { lineage } = seed;
  const calls = await keptCalls(parts.storage, lineage.calls);
  const parents = await Promise.all(
    row.parents.map(async (parent) => {
      const of = await seedOfTask(parts.storage, parent);
      return of === undefined ? undefined : (await whole(of, parts)).seed;
    }),
  );
  return {
    seed,
    essence: essence!.essence,
    trajectories: trials.map(({ id, key, file, format, outcome, steps }) => ({
      id,
      key,
      file,
      format,
      success: outcome.success,
      steps: [Math.min(1, steps), steps] as const,
    })),
    calls: lineage.calls.flatMap((key) => calls.get(key) ?? []).map(({ answer: _, trajectory: __, ...call }) => call),
    parents: parents.filter((parent): parent is SeedTask => parent !== undefined),
    version,
  };
}

async function whole(
  row: SeedRow,
  { storage, archive, names }: { storage: Storage; archive: TrajectoryArchive; names: RecipeNames },
): Promise<{ readonly seed: SeedTask; readonly trials: readonly RunHead[] }> {
  const trials = await trialsOf(storage, archive, row.cluster);
  const essence = await essenceOf(storage, row.trajectory);
  const heads = new Map(trials.map((head) => [head.id, head]));
  const clusters = trials.map(({ id, seq }) => ({ trajectory: id, seq, cluster: row.cluster }));
  const seed = seedTask(row, seedContext(heads, clusters, essence === undefined ? [] : [essence], names));
  if (seed === undefined) throw unknown(row.task_id ?? row.id, []);
  return { seed, trials };
}

async function byPrefix(storage: Storage, task: string): Promise<SeedRow> {
  const rows = (await seedRows(storage, ['kept', 'dropped'])).filter((row) => row.task_id !== undefined);
  const found = rows.filter(
    (row) => task.length >= 4 && row.task_id!.replace(/^seed-/, '').startsWith(task.replace(/^seed-/, '')),
  );
  if (found.length === 1) return found[0]!;
  throw unknown(
    task,
    found.length > 1
      ? found.slice(0, 5).map((row) => row.task_id!)
      : nearest(
          task,
          rows.map((row) => row.task_id!),
        ),
  );
}

const unknown = (task: string, alternatives: readonly string[]) =>
  fault('SEED_UNKNOWN', `there is no seed "${task}"`, {
    kind: 'not_found',
    alternatives,
    hint: 'ids stand as task_id in seed_tasks.jsonl',
  });
