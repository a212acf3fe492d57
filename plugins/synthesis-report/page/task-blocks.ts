import type { SeedTask } from '#plugins/synthesizer/api';
import { type Block, more, share, tally } from './block.ts';

const BARS = 15;
const KINDS = 4;

/** What the tasks are about, how hard they are, and what shape they have. */
export function taskBlocks(seeds: readonly SeedTask[], rows: number): readonly Block[] {
  if (seeds.length === 0) return [];
  const domains = tally(seeds, ({ domain }) => domain);
  return [
    { type: 'heading', text: 'What the tasks are' },
    {
      type: 'bars',
      title: 'Seeds by domain',
      unit: 'seeds',
      bars: domains.slice(0, BARS).map(([label, value]) => ({ label, value })),
    },
    {
      type: 'table',
      head: ['domain', 'seeds', 'kinds of task', 'judged runs that succeeded'],
      rows: domains.slice(0, rows).map(([domain, count]) => {
        const of = seeds.filter((seed) => seed.domain === domain);
        return [domain, count, kinds(of), share(sum(of, 'successes'), sum(of, 'judged'))];
      }),
    },
    ...more(domains.length - rows, 'domain'),
    { type: 'heading', text: 'How hard they are' },
    {
      type: 'text',
      text: 'The pass rate of a task is the share of its judged runs that succeeded. With one judged run it is 0 or 100 % whatever the task is like.',
    },
    passRates(seeds),
    {
      type: 'bars',
      title: 'Seeds by complexity, as the steps and conditions of the run suggest',
      unit: 'seeds',
      bars: ['low', 'medium', 'high'].map((label) => ({
        label,
        value: seeds.filter(({ complexity }) => complexity === label).length,
      })),
    },
    { type: 'heading', text: 'What shape they have' },
    {
      type: 'table',
      head: ['of a seed', 'least', 'median', '90 % have at most', 'most'],
      rows: [
        spread('characters of the task', seeds, ({ description }) => description.length),
        spread('expected tools', seeds, ({ expected_tools: { length } }) => length),
        spread('constraints', seeds, ({ constraints: { length } }) => length),
        spread('criteria of success', seeds, ({ success_criteria: { length } }) => length),
        spread('step limit', seeds, ({ max_steps }) => max_steps),
        spread('runs of the task', seeds, ({ difficulty }) => difficulty.trials),
      ],
    },
  ];
}

/** Trials are those of the cluster; harder seeds share them with the seed they were made of. */
const sum = (seeds: readonly SeedTask[], of: 'judged' | 'successes'): number =>
  seeds
    .filter(({ lineage }) => lineage.evolution === 'none')
    .reduce((total, { difficulty }) => total + difficulty[of], 0);

function kinds(seeds: readonly SeedTask[]): string {
  const all = tally(seeds, (seed) => seed.task_type);
  const rest = all.length - KINDS;
  const shown = all.slice(0, KINDS).map(([name, count]) => `${name} ${count}`);
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

const BUCKETS = ['never (0 %)', '1 to 33 %', '34 to 66 %', '67 to 99 %', 'always (100 %)', 'not judged'] as const;

function passRates(seeds: readonly SeedTask[]): Block {
  const bucketOf = ({ difficulty: { judged: all, successes } }: SeedTask): number => {
    if (all === 0) return 5;
    if (successes === 0) return 0;
    if (successes === all) return 4;
    return successes * 3 <= all ? 1 : successes * 3 <= all * 2 ? 2 : 3;
  };
  return {
    type: 'bars',
    title: 'Seeds by pass rate',
    unit: 'seeds',
    pale: 'from a single judged run, or none',
    bars: BUCKETS.map((label, at) => {
      const of = seeds.filter((seed) => bucketOf(seed) === at);
      return { label, value: of.length, pale: of.filter(({ difficulty }) => difficulty.judged < 2).length };
    }),
  };
}

function spread(name: string, seeds: readonly SeedTask[], measure: (seed: SeedTask) => number) {
  const values = seeds.map(measure).sort((a, b) => a - b);
  const at = (share: number): number => values[Math.ceil(share * values.length) - 1] ?? values[0]!;
  return [name, values[0]!, at(0.5), at(0.9), values.at(-1)!];
}
