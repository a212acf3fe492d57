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

    function score(runs: readonly LabelledRun[], batch = runs.length) {
      const identity = similarity.identity();
      const clusters: string[] = [];
      for (let at = 0; at < runs.length; at += batch)
        clusters.push(...identity.assign(runs.slice(at, at + batch).map(({ facts }) => facts)));
      return pairwise(
        runs.map(({ task }) => task),
        clusters,
      );
    }

    it('finds the trials of tau-bench tasks, of which some share user, flight and wish', () => {
      expect(score(sets['tau-bench-airline']).f1).toBeGreaterThanOrEqual(0.94);
    });

    it('finds them among half of the tasks as well, whichever half', () => {
      const runs = sets['tau-bench-airline'];
      const tasks = [...new Set(runs.map(({ task }) => task))];
      const scores = Array.from({ length: 6 }, (_, seed) => {
        const half = new Set(shuffled(tasks, numbers(seed)).slice(0, tasks.length / 2));
        return score(runs.filter(({ task }) => half.has(task))).f1;
      });
      expect(scores.reduce((sum, each) => sum + each) / scores.length).toBeGreaterThanOrEqual(0.93);
    });

    it('decides nearly as well where runs come one by one', () => {
      expect(score(sets['tau-bench-airline'], 1).f1).toBeGreaterThanOrEqual(0.85);
    });

    it('puts later trials to those that are known', () => {
      const runs = sets['tau-bench-airline'];
      const known = runs.filter((_, at) => at % 4 < 2);
      const later = runs.filter((_, at) => at % 4 >= 2);
      const identity = similarity.identity();
      identity.restore(known.map(({ task, facts }) => ({ ...facts, cluster: task })));
      const right = later.filter(({ task, facts }) => identity.assign([facts])[0] === task);
      expect(right.length / later.length).toBeGreaterThanOrEqual(0.9);
    });

    it('keeps sixty different tasks of LiveMCPBench apart', () => {
      expect(score(sets.livemcpbench).wrong).toBe(0);
    });

    it('finds the runs of one issue whatever parser they were made with', () => {
      const runs = sets['swe-agent'];
      const clusters = similarity.identity().assign(runs.map(({ facts }) => facts));
      const marshmallow = runs.map(({ task }) => /marshmallow/.test(task));
      const its = new Set(clusters.filter((_, at) => marshmallow[at]));
      expect(its.size).toBe(1);
      expect(clusters.filter((_, at) => !marshmallow[at]).some((cluster) => its.has(cluster))).toBe(false);
      // Two runs of other names have the same issue word for word, and are one task.
      expect(score(runs).wrong).toBeLessThanOrEqual(1);
    });

    it('tells all of them apart in one batch, in any order, with arguments in any order', () => {
      const runs = Object.values(sets).flat();
      expect(score(runs).f1).toBeGreaterThanOrEqual(0.93);
      const found = (some: readonly LabelledRun[]) =>
        partition(
          some.map(({ facts }) => facts.id),
          similarity.identity().assign(some.map(({ facts }) => facts)),
        );
      const random = numbers(7);
      const turned = shuffled(runs, random).map(({ task, facts }) => ({
        task,
        facts: { ...facts, argumentValues: shuffled(facts.argumentValues, random) },
      }));
      expect(found(turned)).toEqual(found(runs));
    });
  },
);
