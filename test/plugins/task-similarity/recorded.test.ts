import { beforeAll, describe, expect, it } from 'vitest';
import type { TaskSimilarity } from '#plugins/task-similarity/api';
import { numbers, shuffled } from './made-texts.ts';
import { openSimilarity, pairwise, partition } from './open-similarity.ts';
import { type LabelledRun, noData, recordedRuns } from './recorded-runs.ts';

describe.skipIf(noData !== undefined)(
  `tasks of recorded runs${noData === undefined ? '' : `: left out, ${noData}`}`,
  () => {
    let similarity: TaskSimilarity;
    let sets: Awaited<ReturnType<typeof recordedRuns>>;
    beforeAll(async () => {
      similarity = await openSimilarity();
      sets = await recordedRuns();
    });

    async function score(runs: readonly LabelledRun[], batch = runs.length) {
      const identity = similarity.identity();
      const clusters: string[] = [];
      for (let at = 0; at < runs.length; at += batch)
        clusters.push(...(await identity.assign(runs.slice(at, at + batch).map(({ facts }) => facts))));
      return pairwise(
        runs.map(({ task }) => task),
        clusters,
      );
    }

    it('finds the trials of tau-bench tasks, of which some share user, flight and wish', async () => {
      expect((await score(sets['tau-bench-airline'])).f1).toBeGreaterThanOrEqual(0.94);
    });

    it('finds them among half of the tasks as well, whichever half', async () => {
      const runs = sets['tau-bench-airline'];
      const tasks = [...new Set(runs.map(({ task }) => task))];
      const scores: number[] = [];
      for (let seed = 0; seed < 6; seed++) {
        const half = new Set(shuffled(tasks, numbers(seed)).slice(0, tasks.length / 2));
        scores.push((await score(runs.filter(({ task }) => half.has(task)))).f1);
      }
      expect(scores.reduce((sum, each) => sum + each) / scores.length).toBeGreaterThanOrEqual(0.93);
    });

    it('decides nearly as well where runs come one by one', async () => {
      expect((await score(sets['tau-bench-airline'], 1)).f1).toBeGreaterThanOrEqual(0.85);
    });

    it('puts later trials to those that are known', async () => {
      const runs = sets['tau-bench-airline'];
      const known = runs.filter((_, at) => at % 4 < 2);
      const later = runs.filter((_, at) => at % 4 >= 2);
      const identity = similarity.identity();
      identity.restore(known.map(({ task, facts }) => ({ ...facts, cluster: task })));
      let right = 0;
      for (const { task, facts } of later) if ((await identity.assign([facts]))[0] === task) right++;
      expect(right / later.length).toBeGreaterThanOrEqual(0.9);
    });

    it('keeps sixty different tasks of LiveMCPBench apart', async () => {
      expect((await score(sets.livemcpbench)).wrong).toBe(0);
    });

    it('finds the runs of one issue whatever parser they were made with', async () => {
      const runs = sets['swe-agent'];
      const clusters = await similarity.identity().assign(runs.map(({ facts }) => facts));
      const marshmallow = runs.map(({ task }) => /marshmallow/.test(task));
      const its = new Set(clusters.filter((_, at) => marshmallow[at]));
      expect(its.size).toBe(1);
      expect(clusters.filter((_, at) => !marshmallow[at]).some((cluster) => its.has(cluster))).toBe(false);
      // Two runs of other names have the same issue word for word, and are one task.
      expect((await score(runs)).wrong).toBeLessThanOrEqual(1);
    });

    it('tells all of them apart in one batch, in any order, with arguments in any order', async () => {
      const runs = Object.values(sets).flat();
      expect((await score(runs)).f1).toBeGreaterThanOrEqual(0.93);
      const found = async (some: readonly LabelledRun[]) =>
        partition(
          some.map(({ facts }) => facts.id),
          await similarity.identity().assign(some.map(({ facts }) => facts)),
        );
      const random = numbers(7);
      const turned = shuffled(runs, random).map(({ task, facts }) => ({
        task,
        facts: { ...facts, argumentValues: shuffled(facts.argumentValues, random) },
      }));
      expect(await found(turned)).toEqual(await found(runs));
    });
  },
);
