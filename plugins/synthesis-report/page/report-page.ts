import type { ReportInput, SynthesisDataset } from '#plugins/synthesizer/api';
import type { SynthesisReportConfig } from '../config.ts';
import { type Block, counted } from './block.ts';
import { checkBlocks } from './check-blocks.ts';
import { exampleBlocks } from './example-blocks.ts';
import { droppedBlocks, funnel } from './funnel.ts';
import { failureBlocks, moneyBlocks, safetyBlocks } from './origin-blocks.ts';
import { sourceTable } from './sources.ts';
import { summary } from './summary.ts';
import { taskBlocks } from './task-blocks.ts';
import { toolBlocks } from './tool-blocks.ts';

/** Everything that a reader wants to know before using the seeds, in the order in which they will ask. */
export function reportPage(input: ReportInput, config: SynthesisReportConfig): readonly Block[] {
  const { dataset } = input;
  const { seeds, counts } = dataset;
  const title: Block = {
    type: 'title',
    text: `Seed tasks: ${counted(seeds.length, 'seed')} from ${counted(counts.imported, 'trajectory', 'trajectories')}`,
  };
  if (counts.seen === 0) return [title, { type: 'text', text: 'No record has come in yet.' }];
  return [
    title,
    { type: 'text', text: origin(dataset) },
    ...summary(dataset),
    { type: 'heading', text: 'From records to seeds' },
    ...funnel(dataset),
    ...exampleBlocks(dataset, config.examples),
    ...taskBlocks(seeds, config.rows),
    ...checkBlocks(dataset),
    ...droppedBlocks(dataset, config.rows),
    ...toolBlocks(input, config.rows),
    ...(dataset.sources.length > 0 ? [{ type: 'heading' as const, text: 'Sources' }] : []),
    ...(dataset.sources.length > 0 ? sourceTable(dataset, config.rows) : []),
    ...moneyBlocks(dataset),
    ...safetyBlocks(dataset),
    ...failureBlocks(dataset, config.rows),
  ];
}

function origin({ strategies, asOf, configHash }: SynthesisDataset): string {
  const isModelFree = strategies.essence === 'structural' && strategies.seed === 'variation';
  const how = isModelFree
    ? 'Made without a language model, from requests, steps, tools and outcomes: the tasks are those of the runs, in the words of those who asked.'
    : `Essences by strategy "${strategies.essence}", seeds by "${strategies.seed}".`;
  const evolved = strategies.evolve === 'none' ? '' : ` Harder seeds by "${strategies.evolve}".`;
  const when = asOf === 0 ? '' : ` As of ${new Date(asOf).toISOString().slice(0, 19)}Z.`;
  return `${how}${evolved}${when} Configuration ${configHash.slice(0, 12)}.`;
}
