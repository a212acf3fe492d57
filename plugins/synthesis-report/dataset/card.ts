import type { ReportInput, SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted } from '../page/block.ts';
import { checkBlocks } from '../page/check-blocks.ts';
import { exampleBlocks } from '../page/example-blocks.ts';
import { droppedBlocks, funnel } from '../page/funnel.ts';
import { toMarkdown } from '../page/markdown.ts';
import { moneyBlocks, safetyBlocks } from '../page/origin-blocks.ts';
import { licences, sourceTable } from '../page/sources.ts';
import { summary } from '../page/summary.ts';
import { FIELDS } from './fields.ts';
import { frontMatter } from './front-matter.ts';
import { hubLicences } from './hub-licences.ts';
import { SPLITS, type Split } from './splits.ts';

export const TITLE = 'Seed tasks for tool-using agents';
const EXAMPLES = 2;

/** The card of a dataset: what it holds, where it comes from, what was left out. Licences as found, none made up. */
export function datasetCard({ dataset }: ReportInput, sizes: Readonly<Record<Split, number>>, rows: number): string {
  const { seeds, counts, strategies, configHash } = dataset;
  const blocks: Block[] = [
    { type: 'title', text: TITLE },
    {
      type: 'text',
      text: `${counted(seeds.length, 'task')} made of ${counted(counts.imported, 'trajectory', 'trajectories')} of agents. Essences by "${strategies.essence}", seeds by "${strategies.seed}"${strategies.evolve === 'none' ? '' : `, harder ones by "${strategies.evolve}"`}. Configuration ${configHash}.`,
    },
    ...summary(dataset),
    { type: 'heading', text: 'Fields' },
    {
      type: 'text',
      text: 'The JSONL and the Parquet files hold the same. In Parquet, lists and objects are JSON texts, so that all files have the same columns.',
    },
    { type: 'table', head: ['field', 'meaning'], rows: FIELDS },
    { type: 'heading', text: 'Splits' },
    { type: 'text', text: 'By task: all seeds of a task, and those that were made of them, stand in one split.' },
    { type: 'table', head: ['split', 'seeds'], rows: SPLITS.map((split) => [split, sizes[split]]) },
    { type: 'heading', text: 'Sources and licences' },
    { type: 'text', text: licenceText(dataset) },
    ...sourceTable(dataset, rows),
    { type: 'heading', text: 'Filters' },
    ...funnel(dataset),
    ...duplicateBlocks(dataset),
    ...checkBlocks(dataset),
    ...droppedBlocks(dataset, rows),
    { type: 'heading', text: 'Erased' },
    {
      type: 'text',
      text: `${counted(counts.erased, 'trajectory was', 'trajectories were')} erased. Nothing that came of them is in here.`,
    },
    ...moneyBlocks(dataset),
    ...safetyBlocks(dataset),
    ...exampleBlocks(dataset, EXAMPLES),
  ];
  return `${front(dataset, sizes)}\n${toMarkdown(blocks)}`;
}

function front({ seeds, sources, strategies }: SynthesisDataset, sizes: Readonly<Record<Split, number>>): string {
  const splits = SPLITS.filter((split) => sizes[split] > 0);
  return frontMatter({
    pretty_name: TITLE,
    ...hubLicences(sources),
    tags: ['agents', 'tool-use', 'seed-tasks', ...(strategies.seed === 'variation' ? [] : ['synthetic'])],
    size_categories: [sizeCategory(seeds.length)],
    ...(splits.length > 0 && {
      configs: [
        {
          config_name: 'default',
          data_files: splits.map((split) => ({ split, path: `data/${split}.parquet` })),
        },
      ],
    }),
  });
}

const sizeCategory = (seeds: number): string =>
  seeds < 1_000 ? 'n<1K' : seeds < 10_000 ? '1K<n<10K' : seeds < 100_000 ? '10K<n<100K' : '100K<n<1M';

function licenceText(dataset: SynthesisDataset): string {
  const names = new Set(dataset.sources.map(({ license = 'none found' }) => license));
  if (names.size === 0) return 'No source is known.';
  return names.size > 1
    ? `${names.has('none found') ? 'Not every source has a licence that was found' : 'The sources have different licences'}: ${licences(dataset)}. Each applies to what was made of it; "lineage" says what that is.`
    : `Licence as found: ${licences(dataset)}.`;
}

function duplicateBlocks({ counts, dropped }: SynthesisDataset): readonly Block[] {
  const contaminated = dropped.filter(({ filter }) => filter === 'contaminated');
  return [
    { type: 'heading', text: 'Duplicates and contamination' },
    {
      type: 'facts',
      facts: [
        ['Records that repeat another', counts.duplicate],
        ['Near-duplicate seeds, left out', dropped.filter(({ filter }) => filter === 'near-duplicate').length],
        ['Seeds that hold a task of the list of evaluation tasks, left out', contaminated.length],
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
  ];
}
