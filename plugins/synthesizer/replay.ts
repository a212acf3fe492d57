import { isFault } from '#kernel';
import type { Filters } from './planning/filters.ts';
import { makeEssence, type StageParts } from './stages/essence-stage.ts';
import type { Recipes } from './stages/recipes.ts';
import { makeSeed } from './stages/seed-stage.ts';
import { leaveEssence, makeEssencesAgain } from './store/essence-table.ts';
import { leaveAsMade, planAgain, seedRows } from './store/seed-table.ts';

const PAGE = 1_000;

/** Makes everything anew from trajectories and kept answers, in the order of the plans, without a call. */
export async function replayAll(
  parts: StageParts,
  recipes: Recipes,
  filters: Filters,
  signal: AbortSignal,
): Promise<void> {
  const { storage, archive } = parts;
  const { recipe } = recipes.essence;
  await makeEssencesAgain(storage, recipe);
  await planAgain(storage);
  for (let last = 0; ; ) {
    const heads = await archive.heads(last, PAGE);
    if (heads.length === 0) break;
    for (const { id, seq } of heads) {
      signal.throwIfAborted();
      last = seq;
      await kept(
        () => makeEssence(id, recipes, parts, signal),
        () => leaveEssence(storage, id, recipe),
      );
    }
  }
  const plans = await seedRows(storage, ['planned']);
  const ofStage = [plans.filter((row) => row.evolution === 'none'), plans.filter((row) => row.evolution !== 'none')];
  for (const rows of ofStage) {
    for (const row of rows) {
      signal.throwIfAborted();
      await kept(
        () => makeSeed(row.id, recipes, parts, signal),
        () => leaveAsMade(storage, row.id),
      );
    }
    await filters.decide();
  }
}

/**
 * What today would be asked otherwise (of a task that more runs are known of since) stays as it was made. What was never
 * answered (its job had failed) is not there after a replay either.
 */
async function kept(work: () => Promise<void>, leave: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isFault(error) || error.code !== 'CALL_NOT_KEPT') throw error;
  }
  await leave();
}
