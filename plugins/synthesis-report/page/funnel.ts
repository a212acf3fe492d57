import type { SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, tally } from './block.ts';

/** Where every record went: the figures add up. */
export function funnel(dataset: SynthesisDataset, rows: number): readonly Block[] {
  const { counts, essences, seeds, dropped, clusters, failures } = dataset;
  const tasks = new Set(clusters.map(({ cluster }) => cluster)).size;
  const made = seeds.length + dropped.length;
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
        { label: 'seeds made', value: made },
        { label: 'seeds kept', value: seeds.length },
      ],
    },
    {
      type: 'table',
      head: ['step', 'in', 'out', 'left out'],
      rows: [
        [
          'records',
          counts.seen,
          counts.imported,
          leftOut([
            ['duplicate', counts.duplicate],
            ['in quarantine', counts.quarantined],
            ['erased', counts.erased],
          ]),
        ],
        [
          'trajectories with an essence',
          counts.imported,
          essences.length,
          leftOut([['failed or to come', counts.imported - essences.length]]),
        ],
        [
          'tasks: runs of the same task together',
          clusters.length,
          tasks,
          leftOut([['further runs of a task', clusters.length - tasks]]),
        ],
        ['seeds', made, seeds.length, leftOut(tally(dropped, ({ filter }) => filter))],
      ],
    },
    ...(failures.length > 0 ? [{ type: 'text' as const, text: `${failures.length} jobs failed; see the end.` }] : []),
    ...(dropped.length > 0
      ? [
          { type: 'heading' as const, text: 'Seeds that were dropped' },
          {
            type: 'table' as const,
            head: ['seed', 'filter', 'why'],
            rows: dropped.slice(0, rows).map(({ seed, filter, why }) => [seed.task_id, filter, why]),
          },
        ]
      : []),
  ];
}

const leftOut = (parts: readonly (readonly [string, number])[]): string =>
  parts
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || 'none';
