import type { ReportInput } from '../api.ts';
import { type Block, percent } from './block.ts';

/** How tools did. Ordered by the lower bound, so that one lucky use does not stand before a hundred good ones. */
export function toolBlocks({ tools, sequences }: ReportInput, rows: number): readonly Block[] {
  if (tools.length === 0) return [];
  const byUse = [...tools].sort((a, b) => b.calls - a.calls || (a.tool < b.tool ? -1 : 1)).slice(0, rows);
  return [
    { type: 'heading', text: 'How the tools did' },
    {
      type: 'bars',
      title: 'Calls by tool',
      unit: 'calls',
      bars: byUse.slice(0, 15).map(({ tool, calls, successes }) => ({
        label: tool,
        value: calls,
        note: `${percent(successes / Math.max(1, calls))} without error`,
      })),
    },
    {
      type: 'table',
      head: ['tool', 'scenario', 'calls', 'without error', 'at least (95 %)', 'runs', 'runs that succeeded'],
      rows: [...byUse]
        .sort((a, b) => b.lowerBound - a.lowerBound)
        .map((use) => [
          use.tool,
          use.scenario,
          use.calls,
          percent(use.successes / Math.max(1, use.calls)),
          percent(use.lowerBound),
          use.runs,
          `${use.runSuccesses} of ${use.runSuccesses + use.runFailures} judged`,
        ]),
    },
    ...(sequences.length === 0
      ? []
      : [
          { type: 'heading' as const, text: 'Tools that follow each other' },
          {
            type: 'table' as const,
            head: ['chain', 'times', 'runs', 'runs that succeeded'],
            rows: sequences
              .slice(0, rows)
              .map(({ tools: chain, count, runs, runSuccesses, runFailures }) => [
                chain.join(' → '),
                count,
                runs,
                `${runSuccesses} of ${runSuccesses + runFailures} judged`,
              ]),
          },
        ]),
  ];
}
