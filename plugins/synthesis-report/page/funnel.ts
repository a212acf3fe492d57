import type { SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted, more, shortened, tally } from './block.ts';

const EXCERPT = 140;

/** Where every record went: in each row, what went in is what came out and what was left out. */
export function funnel(dataset: SynthesisDataset): readonly Block[] {
  const { counts, essences, seeds, dropped, clusters, failures, strategies } = dataset;
  const tasks = new Set(clusters.map(({ cluster }) => cluster)).size;
  const all = [...seeds, ...dropped.map(({ seed }) => seed)];
  const harder = all.filter(({ lineage }) => lineage.evolution !== 'none').length;
  const first = all.length - harder;
  return [
    {
      type: 'bars',
      title: 'What became of the records',
      unit: 'number',
      bars: [
        { label: 'records seen', value: counts.seen },
        { label: 'trajectories imported', value: counts.imported },
        { label: 'essences', value: essences.length },
        { label: 'different tasks', value: tasks },
        { label: 'seeds made', value: all.length, ...(harder > 0 && { note: `${harder} of them harder ones` }) },
        { label: 'seeds kept', value: seeds.length },
      ],
    },
    {
      type: 'table',
      head: ['step', 'in', 'out', 'left out'],
      rows: [
        [
          'records become trajectories',
          counts.seen,
          counts.imported,
          leftOut([
            ['repeat another', counts.duplicate],
            ['in quarantine', counts.quarantined],
            ['erased', counts.erased],
          ]),
        ],
        [
          'trajectories get an essence',
          counts.imported,
          essences.length,
          leftOut([['failed or to come', counts.imported - essences.length]]),
        ],
        [
          'runs of the same task come together',
          clusters.length,
          tasks,
          leftOut([['further runs of a task', clusters.length - tasks]]),
        ],
        ['tasks get a seed', tasks, first, leftOut([['failed or to come', tasks - first]])],
        ...(harder > 0
          ? [[`harder seeds are made (${strategies.evolve})`, first, first + harder, `${harder} added`]]
          : []),
        ['checks and filters', all.length, seeds.length, leftOut(tally(dropped, ({ filter }) => filter))],
      ],
    },
    ...(failures.length > 0 ? [{ type: 'text' as const, text: `${counted(failures.length, 'job')} failed.` }] : []),
  ];
}

/** Those that were made and not kept, with the reason. */
export function droppedBlocks({ dropped }: SynthesisDataset, rows: number): readonly Block[] {
  if (dropped.length === 0) return [];
  return [
    { type: 'heading', text: 'Seeds that were dropped' },
    {
      type: 'table',
      head: ['seed', 'filter', 'why', 'task'],
      rows: dropped
        .slice(0, rows)
        .map(({ seed, filter, why }) => [seed.task_id, filter, why, shortened(seed.description, EXCERPT)]),
    },
    ...more(dropped.length - rows, 'seed'),
  ];
}

const leftOut = (parts: readonly (readonly [string, number])[]): string =>
  parts
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || 'none';
