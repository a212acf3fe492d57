import type { CheckVerdict, SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, shortened, tally } from './block.ts';

const LONGEST = 160;

/** What the machine checks said of all seeds, kept and dropped. */
export function checkBlocks({ seeds, dropped }: SynthesisDataset): readonly Block[] {
  const all = [...seeds, ...dropped.map(({ seed }) => seed)].flatMap(({ verification }) => verification);
  const heading: Block = { type: 'heading', text: 'Machine checks' };
  if (all.length === 0)
    return seeds.length === 0 ? [] : [heading, { type: 'text', text: 'None was run: every seed is unverified.' }];
  const names = [...new Set(all.map(({ check }) => check))];
  const ofName = (name: string) => all.filter(({ check }) => check === name);
  const figures = names.flatMap((name) => means(name, ofName(name)));
  return [
    heading,
    {
      type: 'text',
      text: 'Of all seeds that were made. One that fails a check is dropped. Unverified: it could not be told from what is there.',
    },
    {
      type: 'table',
      head: ['check', 'passed', 'failed', 'unverified', 'mostly because'],
      rows: names.map((name) => {
        const of = ofName(name);
        const count = (verdict: string): number => of.filter((each) => each.verdict === verdict).length;
        return [name, count('passed'), count('failed'), count('unverified'), reasonOf(of)];
      }),
    },
    ...(figures.length > 0
      ? [{ type: 'table' as const, head: ['check', 'figure', 'mean', 'seeds'], rows: figures }]
      : []),
  ];
}

/** Reasons that differ in what they quote are the same one. */
function reasonOf(verdicts: readonly CheckVerdict[]): string {
  const told = verdicts.filter(({ verdict, why }) => verdict !== 'passed' && why !== undefined);
  const [first] = tally(told, ({ why = '' }) => why.replace(/"[^"]*"|`[^`]*`/g, '…'));
  return first === undefined ? '' : `${shortened(first[0], LONGEST)} (${first[1]})`;
}

/** Of shares, such as pass_at_1 of live runs; counts say nothing on average. */
function means(
  check: string,
  verdicts: readonly CheckVerdict[],
): readonly (readonly [string, string, string, number])[] {
  const names = [...new Set(verdicts.flatMap(({ figures = {} }) => Object.keys(figures)))].sort();
  return names
    .filter((name) => name.startsWith('pass'))
    .map((name) => {
      const values = verdicts.flatMap(({ figures = {} }) => figures[name] ?? []);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [check, name, `${Math.round(mean * 1_000) / 1_000}`, values.length];
    });
}
