import type { Storage } from '#plugins/storage/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import { dropCalls } from './store/call-table.ts';
import { dropFromClusters } from './store/cluster-table.ts';
import { dropEssences } from './store/essence-table.ts';
import { dropSeeds } from './store/seed-table.ts';
import { readState, writeState } from './store/state.ts';

const CURSOR = 'erased';

export interface Retracted {
  readonly trajectories: readonly string[];
  /** Ids of seeds that stood in the file. */
  readonly seeds: readonly string[];
}

/** Takes back all that came of trajectories that were erased since the last time: essences, answers, clusters, seeds, and seeds of seeds. */
export async function retract(storage: Storage, archive: TrajectoryArchive): Promise<Retracted> {
  const after = Number((await readState(storage, CURSOR)) ?? 0);
  const erased = await archive.erased(after);
  if (erased.length === 0) return { trajectories: [], seeds: [] };
  const trajectories = erased.map(({ id }) => id);
  const seeds = await storage.transaction(async (sql) => {
    await dropEssences(sql, trajectories);
    await dropCalls(sql, trajectories);
    await dropFromClusters(sql, trajectories);
    const gone = await dropSeeds(sql, new Set(trajectories));
    await writeState(sql, CURSOR, String(Math.max(...erased.map(({ seq }) => seq))));
    return gone;
  });
  return { trajectories, seeds };
}
