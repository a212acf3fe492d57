import type { SeedTask } from '#plugins/synthesizer/api';
import type { ReportInput } from '../api.ts';
import type { SynthesisReportConfig } from '../config.ts';
import { type Block, counted, percent, tally } from './block.ts';
import { funnel } from './funnel.ts';
import { toolBlocks } from './tool-blocks.ts';

/** Everything that a reader wants to know before using the seeds, the most important first. */
export function reportPage(input: ReportInput, config: SynthesisReportConfig): readonly Block[] {
  const { dataset } = input;
  return [
    {
      type: 'title',
      text: `Seed tasks: ${counted(dataset.seeds.length, 'seed')} from ${counted(dataset.counts.imported, 'trajectory', 'trajectories')}`,
    },
    { type: 'text', text: origin(input) },
    { type: 'heading', text: 'From records to seeds' },
    ...funnel(dataset, config.rows),
    ...taskBlocks(dataset.seeds, config.rows),
    ...toolBlocks(input, config.rows),
    ...checkBlocks(input),
    ...sourceBlocks(input, config.rows),
    ...moneyBlocks(input),
    ...safetyBlocks(input),
    ...exampleBlocks(dataset.seeds, config.examples),
    ...failureBlocks(input, config.rows),
  ];
}

function origin({ dataset: { strategies, asOf, configHash } }: ReportInput): string {
  const isModelFree = strategies.essence === 'structural' && strategies.seed === 'variation';
  const how = isModelFree
    ? 'Made without a language model, from requests, steps, tools and outcomes: descriptions keep the words of those who asked.'
    : `Essences by strategy "${strategies.essence}", seeds by "${strategies.seed}".`;
  const evolved = strategies.evolve === 'none' ? '' : ` Harder seeds by "${strategies.evolve}".`;
  const when = asOf === 0 ? '' : ` As of ${new Date(asOf).toISOString().slice(0, 19)}Z.`;
  return `${how}${evolved}${when} Configuration ${configHash.slice(0, 12)}.`;
}

function taskBlocks(seeds: readonly SeedTask[], rows: number): readonly Block[] {
  if (seeds.length === 0) return [];
  const kinds = tally(seeds, (seed) => `${seed.domain} / ${seed.task_type}`);
  return [
    { type: 'heading', text: 'What the tasks are' },
    bars('Seeds by domain and kind of task', 'seeds', kinds.slice(0, rows)),
    { type: 'heading', text: 'How hard they are' },
    {
      type: 'text',
      text: 'The pass rate is the share of the judged runs of the same task that succeeded. Tasks that nobody judged, or that always or never succeed, say little about an agent.',
    },
    bars('Seeds by pass rate', 'seeds', passRates(seeds)),
    bars(
      'Seeds by complexity',
      'seeds',
      ['low', 'medium', 'high'].map(
        (level) => [level, seeds.filter((seed) => seed.complexity === level).length] as const,
      ),
    ),
  ];
}

const BUCKETS = ['never (0 %)', '1 to 33 %', '34 to 66 %', '67 to 99 %', 'always (100 %)', 'not judged'] as const;

function passRates(seeds: readonly SeedTask[]): readonly (readonly [string, number])[] {
  const bucketOf = ({ difficulty: { pass_rate: rate } }: SeedTask): number => {
    if (rate === undefined) return 5;
    if (rate === 0) return 0;
    if (rate === 1) return 4;
    return rate < 1 / 3 + 0.005 ? 1 : rate < 2 / 3 + 0.005 ? 2 : 3;
  };
  return BUCKETS.map((name, at) => [name, seeds.filter((seed) => bucketOf(seed) === at).length] as const);
}

function checkBlocks({ dataset: { seeds, dropped } }: ReportInput): readonly Block[] {
  const all = [...seeds, ...dropped.map(({ seed }) => seed)].flatMap(({ verification }) => verification);
  if (all.length === 0) return [];
  const names = [...new Set(all.map(({ check }) => check))];
  const of = (name: string, verdict: string): number =>
    all.filter((each) => each.check === name && each.verdict === verdict).length;
  return [
    { type: 'heading', text: 'Machine checks' },
    {
      type: 'text',
      text: 'A seed that fails one is dropped. Unverified means that it could not be told, for example because no tool server was there.',
    },
    {
      type: 'table',
      head: ['check', 'passed', 'failed', 'unverified'],
      rows: names.map((name) => [name, of(name, 'passed'), of(name, 'failed'), of(name, 'unverified')]),
    },
    {
      type: 'text',
      text: `${counted(seeds.filter(({ verified }) => verified).length, 'seed')} of ${seeds.length} passed every check.`,
    },
  ];
}

function sourceBlocks({ dataset: { sources } }: ReportInput, rows: number): readonly Block[] {
  if (sources.length === 0) return [];
  return [
    { type: 'heading', text: 'Sources' },
    {
      type: 'table',
      head: ['file', 'format', 'trajectories', 'licence as found'],
      rows: sources
        .slice(0, rows)
        .map(({ file, format, runs, license = 'none found' }) => [file, format, runs, license]),
    },
    ...more(sources.length - rows, 'file'),
  ];
}

function moneyBlocks({ dataset: { money, seeds } }: ReportInput): readonly Block[] {
  if (money.calls === 0)
    return [
      { type: 'heading', text: 'Cost' },
      { type: 'text', text: 'No model was asked.' },
    ];
  const kept = Math.max(1, seeds.length);
  return [
    { type: 'heading', text: 'Cost' },
    {
      type: 'table',
      head: ['stage', 'model', 'calls', 'input tokens', 'output tokens', 'US dollars'],
      rows: Object.entries(money.byStage).map(([stage, of]) => [
        stage,
        of.model,
        of.calls,
        of.inputTokens,
        of.outputTokens,
        of.usd.toFixed(4),
      ]),
    },
    {
      type: 'facts',
      facts: [
        ['Calls, over all runs', money.calls],
        ['Of these cut off, and asked again', money.unfinishedCalls],
        ['US dollars', money.usd.toFixed(4)],
        ...(money.unpriced > 0 ? [['Calls of a model without a price', money.unpriced] as const] : []),
        ['US dollars a kept seed', (money.usd / kept).toFixed(5)],
      ],
    },
  ];
}

function safetyBlocks({ dataset: { redactions } }: ReportInput): readonly Block[] {
  const kinds = Object.entries(redactions);
  return [
    { type: 'heading', text: 'Taken out before anything was asked or written' },
    kinds.length === 0
      ? { type: 'text', text: 'No secret and no personal data was found in what the seeds were made of.' }
      : { type: 'table', head: ['kind', 'values'], rows: kinds },
  ];
}

function exampleBlocks(seeds: readonly SeedTask[], most: number): readonly Block[] {
  if (seeds.length === 0 || most === 0) return [];
  // Spread over the kinds, so that the reader sees what there is.
  const firsts = [...new Map(seeds.map((seed) => [`${seed.domain} ${seed.task_type}`, seed])).values()];
  const shown = [...new Set([...firsts, ...seeds])].slice(0, most);
  return [
    { type: 'heading', text: 'Examples' },
    ...shown.map(
      (seed): Block => ({
        type: 'quote',
        title: `${seed.task_id} (${seed.domain}, ${seed.task_type}, ${seed.complexity})`,
        text: seed.description,
        notes: [
          `expected tools: ${seed.expected_tools.join(', ') || 'none'}; at most ${counted(seed.max_steps, 'step')}`,
          ...seed.constraints.map((constraint) => `constraint: ${constraint}`),
          ...seed.success_criteria.map((criterion) => `done when: ${criterion}`),
          `${counted(seed.difficulty.trials, 'run')} of it, ${seed.difficulty.pass_rate === undefined ? 'none judged' : `pass rate ${percent(seed.difficulty.pass_rate)}`}`,
        ],
      }),
    ),
  ];
}

function failureBlocks({ dataset: { failures } }: ReportInput, rows: number): readonly Block[] {
  if (failures.length === 0) return [];
  return [
    { type: 'heading', text: 'What failed' },
    { type: 'text', text: 'These are tried again with the next run.' },
    {
      type: 'table',
      head: ['trajectory', 'stage', 'why'],
      rows: failures.slice(0, rows).map(({ trajectory, stage, why }) => [trajectory, stage, why]),
    },
    ...more(failures.length - rows, 'failure'),
  ];
}

export const more = (left: number, what: string): readonly Block[] =>
  left > 0 ? [{ type: 'text', text: `And ${counted(left, what)} more.` }] : [];

const bars = (title: string, unit: string, counts: readonly (readonly [string, number])[]): Block => ({
  type: 'bars',
  title,
  unit,
  bars: counts.map(([label, value]) => ({ label, value })),
});
