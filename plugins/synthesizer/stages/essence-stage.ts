import type { Log } from '#kernel';
import type { Redactor } from '#plugins/redaction/api';
import type { Gathered, Storage } from '#plugins/storage/api';
import type { RunHead, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { TaskEssence } from '../api.ts';
import type { Asker } from '../asking/asker.ts';
import { textHash } from '../asking/call-key.ts';
import { evidenceOf } from '../evidence.ts';
import { type EssenceRow, putEssence } from '../store/essence-table.ts';
import type { WriteGroup } from '../store/write-group.ts';
import type { RecentRuns } from './recent-runs.ts';
import type { Recipes } from './recipes.ts';

export interface StageParts {
  readonly storage: Storage;
  readonly writes: WriteGroup;
  readonly archive: TrajectoryArchive;
  readonly redactor: Redactor;
  readonly asker: Asker;
  readonly recent: RecentRuns;
  readonly essences: Gathered<EssenceRow>;
  readonly log: Log;
}

/** A trajectory becomes an essence. Done again it changes nothing; of a trajectory that is gone nothing is made. */
export async function makeEssence(
  trajectory: string,
  recipes: Recipes,
  parts: StageParts,
  signal: AbortSignal,
): Promise<void> {
  const { name, strategy, recipe } = recipes.essence;
  const [before, head] = await Promise.all([parts.essences.get(trajectory), parts.archive.head(trajectory)]);
  if (before?.recipe === recipe) return;
  const run = parts.recent.take(trajectory) ?? (await parts.archive.many([trajectory]))[0];
  if (head === undefined || run === undefined) return;
  const { evidence, redactions } = evidenceOf(run, parts.redactor);
  const asked = parts.asker.for({ stage: 'essence', trajectory, signal });
  const draft = await strategy.essence(evidence, asked.ask);
  const model = asked.calls[0]?.model;
  const essence: TaskEssence = {
    essence_id: `essence-${textHash(`${trajectory} ${recipe}`).slice(0, 16)}`,
    trajectory_id: trajectory,
    ...draft,
    success: head.outcome.success,
    steps: head.steps,
    strategy: name,
    ...(model !== undefined && { model }),
  };
  const written = parts.writes.write([
    putEssence({
      trajectory,
      seq: head.seq,
      recipe,
      strategy: name,
      essence,
      calls: asked.calls.map(({ key }) => key),
      redactions,
      at: madeAt(asked.calls, head),
    }),
  ]);
  await Promise.all([asked.kept(), written]);
}

/** When what it was made of was there: the same for a replay. */
export const madeAt = (calls: readonly { readonly at: number }[], head: RunHead): number =>
  calls.reduce((latest, { at }) => Math.max(latest, at), head.addedAt);
