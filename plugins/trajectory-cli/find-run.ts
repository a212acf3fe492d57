import { fault, isFault } from '#kernel';
import type { RunSummary } from '#plugins/trajectory/api';
import type { RunHead } from '#plugins/trajectory-archive/api';
import type { Services } from './command.ts';

export type Found =
  | { readonly from: 'recorder'; readonly run: RunSummary }
  | { readonly from: 'archive'; readonly head: RunHead };

/**
 * A run by its id, by the first characters of it where no other begins so, or by the name that its source gave it. Faults: TRAJECTORY_UNKNOWN,
 * TRAJECTORY_AMBIGUOUS.
 */
export async function findRun(services: Pick<Services, 'trajectories' | 'archive'>, id: string): Promise<Found> {
  const { trajectories, archive } = services;
  const recorded = await trajectories.list();
  const run = recorded.find((each) => each.id === id);
  if (run !== undefined) return { from: 'recorder', run };
  const head = await archive.head(id);
  if (head !== undefined) return { from: 'archive', head };
  const unknown = await unknownOf(archive, id);
  const named = unknown.data.erased === undefined ? await namedSo(archive, id) : [];
  if (named.length === 1) return { from: 'archive', head: named[0]! };
  if (named.length > 1)
    throw fault('TRAJECTORY_AMBIGUOUS', `several runs are called "${id}"`, {
      kind: 'invalid',
      alternatives: named.slice(0, 10).map((each) => each.id),
    });
  const begun = (ids: readonly string[]) => ids.filter((each) => each.startsWith(id));
  const [mine, theirs] = [begun(recorded.map((each) => each.id)), begun(unknown.alternatives)];
  const matches = [...mine, ...theirs];
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return findRun(services, only);
  if (only !== undefined)
    throw fault('TRAJECTORY_AMBIGUOUS', `several runs begin with "${id}"`, {
      kind: 'invalid',
      alternatives: matches.slice(0, 10),
    });
  // Where neither knows it, both say what there is.
  const near = await nearestRecorded(trajectories, id);
  throw fault(unknown.code, unknown.data.erased === undefined ? `there is no run "${id}"` : unknown.message, {
    kind: 'not_found',
    alternatives: [...near, ...unknown.alternatives],
    data: unknown.data,
  });
}

/** Runs whose source called them so. */
async function namedSo(archive: Services['archive'], key: string): Promise<readonly RunHead[]> {
  const named: RunHead[] = [];
  for await (const heads of allHeads(archive, new AbortController().signal))
    named.push(...heads.filter((head) => head.key === key));
  return named;
}

async function unknownOf(archive: Services['archive'], id: string) {
  try {
    await archive.get(id);
  } catch (error) {
    if (isFault(error) && error.code === 'TRAJECTORY_UNKNOWN') return error;
    throw error;
  }
  return fault('TRAJECTORY_UNKNOWN', `run "${id}" has just come`, { kind: 'not_found', alternatives: [id] });
}

async function nearestRecorded(trajectories: Services['trajectories'], id: string): Promise<readonly string[]> {
  try {
    await trajectories.get(id);
    return [id];
  } catch (error) {
    if (isFault(error) && error.code === 'TRAJECTORY_UNKNOWN') return error.alternatives;
    throw error;
  }
}

/** Pages of all that is in the archive, oldest first. */
export async function* allHeads(archive: Services['archive'], signal: AbortSignal): AsyncGenerator<readonly RunHead[]> {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const heads = await archive.heads(after);
    if (heads.length === 0) return;
    yield heads;
    after = heads.at(-1)!.seq;
  }
}
