import type { z } from 'zod';
import type { TaskFacts, TaskSimilarity } from '#plugins/task-similarity/api';
import taskSimilarity from '../../../plugins/task-similarity/index.ts';
import { openPlugin } from '../open-plugin.ts';

export async function openSimilarity(config: z.input<typeof taskSimilarity.config> = {}): Promise<TaskSimilarity> {
  return (await openPlugin(taskSimilarity, config)).plugin.similarity;
}

/** A run whose user says these turns; the first one is the request. */
export const run = (id: string, turns: readonly string[], rest: Partial<TaskFacts> = {}): TaskFacts => ({
  id,
  request: turns[0] ?? '',
  turns,
  argumentValues: [],
  tools: [],
  ...rest,
});

/** Ids by cluster, in an order of their own: two partitions are the same where these are equal. */
export function partition(ids: readonly string[], clusters: readonly string[]): readonly string[] {
  const members = new Map<string, string[]>();
  ids.forEach((id, at) => {
    members.set(clusters[at]!, [...(members.get(clusters[at]!) ?? []), id]);
  });
  return [...members.values()].map((each) => each.sort().join(' ')).sort();
}

/** Over all pairs of runs: whether two of one task are in one cluster. */
export function pairwise(tasks: readonly string[], clusters: readonly string[]) {
  let [both, together, same] = [0, 0, 0];
  for (let a = 0; a < tasks.length; a++)
    for (let b = 0; b < a; b++) {
      const [one, near] = [tasks[a] === tasks[b], clusters[a] === clusters[b]];
      if (one && near) both++;
      if (near) together++;
      if (one) same++;
    }
  const precision = together === 0 ? 1 : both / together;
  const recall = same === 0 ? 1 : both / same;
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall || 1), wrong: together - both };
}
