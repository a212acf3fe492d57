import type { SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted, type Fact, more } from './block.ts';

/** What was paid, over all runs. */
export function moneyBlocks({ money, seeds }: SynthesisDataset): readonly Block[] {
  const heading: Block = { type: 'heading', text: 'Cost' };
  if (money.calls === 0) return [heading, { type: 'text', text: 'No model was asked.' }];
  const facts: Fact[] = [
    ['Calls, over all runs', counted(money.calls, 'call')],
    ...(money.unfinishedCalls > 0 ? [['Of these cut off, and asked again', money.unfinishedCalls] as const] : []),
    ['US dollars', money.usd.toFixed(4)],
    ...(money.unpriced > 0 ? [['Calls of a model without a price, not in it', money.unpriced] as const] : []),
    ...(seeds.length > 0 ? [['US dollars a kept seed', (money.usd / seeds.length).toFixed(5)] as const] : []),
  ];
  return [
    heading,
    {
      type: 'table',
      head: ['stage', 'model', 'calls', 'input tokens', 'output tokens', 'US dollars'],
      rows: Object.entries(money.byStage)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([stage, { model, calls, inputTokens, outputTokens, usd }]) => [
          stage,
          model,
          calls,
          inputTokens,
          outputTokens,
          usd.toFixed(4),
        ]),
    },
    { type: 'facts', facts },
  ];
}

/** What nobody was told. */
export function safetyBlocks({ redactions, counts }: SynthesisDataset): readonly Block[] {
  if (counts.imported === 0) return [];
  const kinds = Object.entries(redactions);
  return [
    { type: 'heading', text: 'Taken out before anything was asked or written' },
    ...(kinds.length === 0
      ? [{ type: 'text' as const, text: 'No secret and no personal data was found in what the seeds were made of.' }]
      : [
          {
            type: 'text' as const,
            text: 'Different values of each trajectory that stand as placeholders, such as <EMAIL_1>.',
          },
          { type: 'table' as const, head: ['kind', 'values'], rows: kinds },
        ]),
  ];
}

/** What is still missing. */
export function failureBlocks({ failures }: SynthesisDataset, rows: number): readonly Block[] {
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
