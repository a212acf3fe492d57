import type { Sql } from '#plugins/storage/api';
import type { RunHead, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { Difficulty } from '../api.ts';
import { clusterOf } from '../store/cluster-table.ts';

/** All runs of the same task that are there. */
export async function trialsOf(sql: Sql, archive: TrajectoryArchive, cluster: string): Promise<readonly RunHead[]> {
  const heads = await Promise.all((await clusterOf(sql, cluster)).map((id) => archive.head(id)));
  return heads.filter((head) => head !== undefined);
}

export function difficultyOf(trials: readonly Pick<RunHead, 'outcome'>[]): Difficulty {
  const judged = trials.filter(({ outcome }) => outcome.success !== null);
  const successes = judged.filter(({ outcome }) => outcome.success === true).length;
  const rate = judged.length === 0 ? undefined : successes / judged.length;
  return {
    trials: trials.length,
    judged: judged.length,
    successes,
    ...(rate !== undefined && { pass_rate: Math.round(rate * 10_000) / 10_000 }),
    ...noteOf(judged.length, rate),
  };
}

function noteOf(judged: number, rate: number | undefined): { readonly note?: string } {
  if (rate === undefined) return { note: 'no run of it was judged' };
  if (judged < 2) return { note: 'one judged run says little' };
  if (rate === 0) return { note: 'no judged run succeeded: too hard, or its label is wrong' };
  if (rate === 1) return { note: 'every judged run succeeded: it may be too easy' };
  return {};
}

/** Steps of the shortest run that succeeded. */
export const shortestSuccess = (trials: readonly RunHead[]): number | undefined => {
  const steps = trials.filter(({ outcome }) => outcome.success === true).map((head) => head.steps);
  return steps.length === 0 ? undefined : Math.min(...steps);
};

/** The run that a seed is made of: one that succeeded, in few steps; else one that nobody judged; the first among equals. */
export function representativeOf(trials: readonly RunHead[]): RunHead | undefined {
  const rank = ({ outcome }: RunHead): number => (outcome.success === true ? 0 : outcome.success === null ? 1 : 2);
  const effort = ({ steps }: RunHead): number => (steps === 0 ? Number.MAX_SAFE_INTEGER : steps);
  return [...trials].sort((a, b) => rank(a) - rank(b) || effort(a) - effort(b) || a.seq - b.seq)[0];
}
