import type { ReportInput } from '#plugins/synthesizer/api';
import type { ToolEffect, ToolSequence } from '#plugins/trajectory-archive/api';
import { type Block, more, percent, share } from './block.ts';

const BARS = 15;

/** How tools did. Ordered by the lower bound, so that one lucky use does not stand before a hundred good ones. */
export function toolBlocks({ tools, sequences, dataset }: ReportInput, rows: number): readonly Block[] {
  if (tools.length === 0) return [];
  const byUse = [...tools].sort((a, b) => b.calls - a.calls || (a.tool < b.tool ? -1 : 1));
  const shown = byUse.slice(0, rows).sort((a, b) => b.lowerBound - a.lowerBound);
  const judged = dataset.essences.filter(({ success }) => success !== null);
  const all = share(judged.filter(({ success }) => success === true).length, judged.length);
  return [
    { type: 'heading', text: 'How the tools did' },
    {
      type: 'bars',
      title: 'Calls by tool',
      unit: 'calls',
      pale: 'came back with an error',
      bars: byUse.slice(0, BARS).map(({ tool, calls, successes: good }) => ({
        label: tool,
        value: calls,
        ...(calls > good && { pale: calls - good, note: `${percent((calls - good) / calls)} with an error` }),
      })),
    },
    {
      type: 'text',
      text: `The most used ones, the surest first: "at least" is the lower bound of the share without an error, at 95 %. To compare with: of all judged runs, whatever they used, ${all} succeeded. Runs that used a tool did not succeed or fail because of it.`,
    },
    {
      type: 'table',
      head: ['tool', 'where', 'calls', 'without error', 'at least', 'runs', 'judged runs that succeeded'],
      rows: shown.map((use) => [
        use.tool,
        place(use),
        use.calls,
        percent(use.successes / Math.max(1, use.calls)),
        percent(use.lowerBound),
        use.runs,
        share(use.runSuccesses, use.runSuccesses + use.runFailures),
      ]),
    },
    ...more(byUse.length - shown.length, 'tool that was used less', 'tools that were used less'),
    ...chains(sequences, rows),
  ];
}

/** A scenario that only repeats the server's name says nothing. */
const place = ({ tool, scenario }: ToolEffect): string => (tool.startsWith(`${scenario}/`) ? '' : scenario);

function chains(sequences: readonly ToolSequence[], rows: number): readonly Block[] {
  const different = sequences.filter(({ tools }) => new Set(tools).size > 1).slice(0, rows);
  if (different.length === 0) return [];
  return [
    { type: 'heading', text: 'Tools that follow each other' },
    { type: 'text', text: 'The most frequent ones, without a tool that follows itself.' },
    {
      type: 'table',
      head: ['chain', 'times', 'runs', 'judged runs that succeeded'],
      rows: different.map(({ tools, count, runs, runSuccesses, runFailures }) => [
        tools.join(' → '),
        count,
        runs,
        share(runSuccesses, runSuccesses + runFailures),
      ]),
    },
  ];
}
