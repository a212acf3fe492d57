import type { ReportInput } from '../api.ts';
import { type Block, counted } from '../page/block.ts';
import { funnel } from '../page/funnel.ts';
import { toMarkdown } from '../page/markdown.ts';
import { stringify } from './front-matter.ts';
import { SPLITS, type Split } from './splits.ts';

/** The card of a dataset: what it holds, where it comes from, what was left out. Licences as found, none made up. */
export function datasetCard({ dataset }: ReportInput, sizes: Readonly<Record<Split, number>>, rows: number): string {
  const licences = [...new Set(dataset.sources.map(({ license }) => license ?? 'none found'))].sort();
  const front = stringify({
    ...(licences.length === 1 && licences[0] !== 'none found' && { license_name: licences[0]! }),
    tags: ['agents', 'tool-use', 'seed-tasks', 'synthetic'],
    configs: [
      {
        config_name: 'default',
        data_files: SPLITS.filter((split) => sizes[split] > 0).map((split) => ({
          split,
          path: `data/${split}.jsonl`,
        })),
      },
    ],
  });
  const contaminated = dataset.dropped.filter(({ filter }) => filter === 'contaminated');
  const blocks: Block[] = [
    { type: 'title', text: 'Seed tasks for tool-using agents' },
    {
      type: 'text',
      text: `${counted(dataset.seeds.length, 'task')} made of ${counted(dataset.counts.imported, 'trajectory', 'trajectories')} of agents. Essences by "${dataset.strategies.essence}", seeds by "${dataset.strategies.seed}", harder ones by "${dataset.strategies.evolve}".`,
    },
    { type: 'heading', text: 'Sources and licences' },
    {
      type: 'text',
      text:
        licences.length > 1
          ? `The sources have different licences, or none that was found (${licences.join('; ')}): each applies to what was made of it.`
          : `Licence as found: ${licences[0] ?? 'none found'}.`,
    },
    {
      type: 'table',
      head: ['file', 'format', 'trajectories', 'licence as found'],
      rows: dataset.sources.map(({ file, format, runs, license = 'none found' }) => [file, format, runs, license]),
    },
    { type: 'heading', text: 'Splits' },
    { type: 'text', text: 'By task: all seeds of a task, and those that were made of them, stand in one split.' },
    { type: 'table', head: ['split', 'seeds'], rows: SPLITS.map((split) => [split, sizes[split]]) },
    { type: 'heading', text: 'Filters' },
    ...funnel(dataset, rows),
    { type: 'heading', text: 'Duplicates and contamination' },
    {
      type: 'facts',
      facts: [
        ['Records that repeat another', dataset.counts.duplicate],
        ['Near-duplicate seeds', dataset.dropped.filter(({ filter }) => filter === 'near-duplicate').length],
        ['Seeds that hold a listed evaluation task', contaminated.length],
      ],
    },
    ...(contaminated.length === 0
      ? []
      : [
          {
            type: 'table' as const,
            head: ['seed', 'why'],
            rows: contaminated.map(({ seed, why }) => [seed.task_id, why]),
          },
        ]),
    { type: 'heading', text: 'Erased' },
    {
      type: 'text',
      text: `${counted(dataset.counts.erased, 'trajectory', 'trajectories')} erased; all that came of them is taken back.`,
    },
    { type: 'heading', text: 'Cost' },
    {
      type: 'facts',
      facts: [
        ['Model calls', dataset.money.calls],
        ['Tokens, in and out', `${dataset.money.inputTokens} + ${dataset.money.outputTokens}`],
        ['US dollars', dataset.money.usd.toFixed(4)],
        ['Configuration', dataset.configHash],
      ],
    },
  ];
  return `---\n${front}---\n\n${toMarkdown(blocks)}`;
}
