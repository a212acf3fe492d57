import { isFault } from '#kernel';
import type { Filters } from './planning/filters.ts';
import { makeEssence, type StageParts } from './stages/essence-stage.ts';
import type { Recipes } from './stages/recipes.ts';
import { makeSeed } from './stages/seed-stage.ts';
import { forgetMade, seedRows } from './store/seed-table.ts';

const PAGE = 1_000;

/** Makes everything anew from trajectories and kept answers, in the order of the plans, without a call. */
export async function replayAll(
  parts: StageParts,
  recipes: Recipes,
  filters: Filters,
  signal: AbortSignal,
): Promise<void> {
  const { storage, archive } = parts;
  await storage.run('DELETE FROM synthesizer_essences');
  await forgetMade(storage);
  for (let last = 0; ; ) {
    const heads = await archive.heads(last, PAGE);
    if (heads.length === 0) break;
    for (const { id, seq } of heads) {
      signal.throwIfAborted();
      last = seq;
      await kept(() => makeEssence(id, recipes, parts, signal));
    }
  }
  const plans = await seedRows(storage, ['planned']);
  const ofStage = [plans.filter((row) => row.evolution === 'none'), plans.filter((row) => row.evolution !== 'none')];
  for (const rows of ofStage) {
    for (const row of rows) {
      signal.throwIfAborted();
      await kept(() => makeSeed(row.id, recipes, parts, signal));
    }
    await filters.decide();
  }
}

/** What was never answered (its job had failed) is not there after a replay either. */
async function kept(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isFault(error) || error.code !== 'CALL_NOT_KEPT') throw error;
  }
}
