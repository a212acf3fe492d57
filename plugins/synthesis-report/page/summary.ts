import type { SeedTask, SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted, type Fact, tally } from './block.ts';
import { licences } from './sources.ts';

/** What decides whether the seeds are worth a look, each figure with what it does not say. */
export function summary(dataset: SynthesisDataset): readonly Block[] {
  const { seeds, dropped, money } = dataset;
  const facts: Fact[] = [
    ['Seeds kept', `${seeds.length} of ${counted(seeds.length + dropped.length, 'seed')} made`],
    ['Verified', verified(seeds)],
    [
      'Tell agents apart',
      `${seeds.filter(tellsApart).length} of ${seeds.length}: of two or more judged runs, some succeeded and some did not`,
    ],
    [
      'Rest on one judged run or none',
      `${seeds.filter(({ difficulty }) => difficulty.judged < 2).length} of ${seeds.length}: their pass rate says little`,
    ],
    ['Expect no tool', `${seeds.filter((seed) => seed.expected_tools.length === 0).length} of ${seeds.length}`],
    ['Expect between them', counted(new Set(seeds.flatMap((seed) => seed.expected_tools)).size, 'different tool')],
    ['Licences of the sources', licences(dataset)],
    [
      'Model',
      money.calls === 0 ? 'none was asked' : `${counted(money.calls, 'call')}, ${money.usd.toFixed(2)} US dollars`,
    ],
  ];
  return [{ type: 'facts', facts }];
}

function verified(seeds: readonly SeedTask[]): string {
  const passed = seeds.filter(({ verified: is }) => is).length;
  if (seeds.length > 0 && seeds.every(({ verification }) => verification.length === 0)) return 'no check was run';
  const open = tally(
    seeds.flatMap(({ verification }) => verification.filter(({ verdict }) => verdict === 'unverified')),
    ({ check }) => check,
  );
  const said = open.map(([check, count]) => `${check} (${count})`).join(', ');
  return `${passed} of ${seeds.length} passed every check for which there was what it needs${said === '' ? '' : `; could not be told: ${said}`}`;
}

/** Two judged runs or more that did not end alike. */
export const tellsApart = ({ difficulty: { judged, successes } }: SeedTask): boolean =>
  judged > 1 && successes > 0 && successes < judged;
