import type { SeedTask, SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted, share, shortened } from './block.ts';
import { tellsApart } from './summary.ts';

const LONGEST = 1_500;

/** Seeds in full: the best of each kind of task, the most frequent kinds first, then further ones. */
export function exampleBlocks(dataset: SynthesisDataset, most: number): readonly Block[] {
  const { seeds, clusters } = dataset;
  if (seeds.length === 0 || most === 0) return [];
  const keys = new Map(clusters.map(({ trajectory, key }) => [trajectory, key]));
  const shown = chosen(seeds, most);
  return [
    { type: 'heading', text: 'Examples' },
    ...(shown.length < seeds.length
      ? [{ type: 'text' as const, text: `${shown.length} of ${seeds.length}, of different domains and kinds.` }]
      : []),
    ...shown.map(
      (seed): Block => ({
        type: 'quote',
        title: `${seed.task_id}: ${seed.domain}, ${seed.task_type}, ${seed.complexity} complexity`,
        text: shortened(seed.description, LONGEST),
        notes: notes(seed, keys),
      }),
    ),
  ];
}

/** In turns through the domains, and within them through the kinds. */
function chosen(seeds: readonly SeedTask[], most: number): readonly SeedTask[] {
  const worth = (seed: SeedTask): number =>
    (seed.verified ? 8 : 0) +
    (seed.expected_tools.length > 1 ? 4 : seed.expected_tools.length > 0 ? 3 : 0) +
    (tellsApart(seed) ? 2 : 0) +
    (seed.difficulty.successes > 0 ? 1 : 0);
  const best = [...seeds].sort((a, b) => worth(b) - worth(a));
  const queues = Object.values(Object.groupBy(best, ({ domain }) => `of ${domain}`))
    .map((of = []) => {
      const seen = new Map<string, number>();
      return of
        .map((seed) => {
          const turn = seen.get(seed.task_type) ?? 0;
          seen.set(seed.task_type, turn + 1);
          return { seed, turn };
        })
        .sort((a, b) => a.turn - b.turn)
        .map(({ seed }) => seed);
    })
    .sort((a, b) => b.length - a.length);
  const found: SeedTask[] = [];
  for (let at = 0; found.length < Math.min(most, seeds.length); at++)
    found.push(...queues.flatMap((queue) => queue.slice(at, at + 1)));
  return found.slice(0, most);
}

function notes(seed: SeedTask, keys: ReadonlyMap<string, string>): readonly string[] {
  const { lineage, verification } = seed;
  const { judged, successes } = seed.difficulty;
  const from = keys.get(lineage.trajectory) ?? lineage.trajectory;
  const others = lineage.trials.length - 1;
  const isEvolved = lineage.evolution !== 'none';
  return [
    `expected tools: ${seed.expected_tools.join(', ') || 'none'}; at most ${counted(seed.max_steps, 'step')}`,
    ...seed.constraints.map((constraint) => `constraint: ${constraint}`),
    ...seed.success_criteria.map((criterion) => `done when: ${criterion}`),
    `made ${isEvolved ? `harder (${lineage.evolution}) than ${lineage.parents?.join(', ') ?? 'another'}, ` : ''}of run ${from}${others > 0 ? ` and ${counted(others, 'further run')} of the same task` : ''}: ${judged === 0 ? 'none judged' : `${share(successes, judged)} judged runs succeeded`}`,
    ...verification
      .filter(({ verdict }) => verdict !== 'passed')
      .map(({ check, verdict, why }) => `check ${check}: ${verdict}${why === undefined ? '' : `, ${why}`}`),
  ];
}
