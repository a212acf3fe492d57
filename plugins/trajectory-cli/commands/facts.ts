import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { BatchedLines } from '../batched-lines.ts';
import type { Command } from '../command.ts';
import { toolSequence } from '../print/imported-text.ts';
import { judged, printable } from '../print/lines.ts';
import { countsText, countsWire, noCounts, seen } from '../reading/counts.ts';
import { readPaths } from '../reading/read-paths.ts';
import { parsed, which } from '../words.ts';

export const facts: Command = {
  name: 'facts',
  help: [['facts PATH... [--json]', 'what files say of each run; keeps nothing']],
  parse(words) {
    const { values, positionals: paths } = parsed(words, Number.POSITIVE_INFINITY, { json: { type: 'boolean' } });
    which(paths[0], 'facts', 'path');
    const line = values.json ? (run: ImportedRun) => `${JSON.stringify(factsOf(run))}\n` : factsLine;
    return async ({ formats, out, err }, signal) => {
      const lines = new BatchedLines(out);
      const counts = noCounts();
      const ids = new Set<string>();
      const { failure } = await readPaths(
        paths,
        {
          take(event) {
            if (event.type !== 'run') {
              counts.quarantined += 1;
              return;
            }
            const { run } = event;
            if (ids.has(run.id)) counts.duplicate += 1;
            else {
              ids.add(run.id);
              counts.imported += 1;
            }
            const isFirst = seen(counts) - counts.quarantined === 1;
            return lines.add(isFirst && !values.json ? HEADING + line(run) : line(run));
          },
        },
        { formats, counts, err, signal },
      );
      await lines.add(values.json ? `${JSON.stringify(countsWire(counts))}\n` : `${countsText(counts)}\n`);
      await lines.flush();
      return failure ?? (seen(counts) > 0 ? 0 : 1);
    };
  },
};

/** Names are fixed: others compare them. */
function factsOf(run: ImportedRun): Record<string, unknown> {
  const { counts } = run;
  const sequence = toolSequence(run);
  return {
    key: run.key,
    task: run.task ?? null,
    success: run.outcome.success,
    messages: counts.messages,
    user: counts.user,
    assistant: counts.assistant,
    tool_calls: counts.toolCalls,
    tool_sequence: sequence,
    tools: [...new Set(sequence)].sort(),
    steps: counts.steps,
    source_format: run.format,
  };
}

const columns = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => (typeof cell === 'number' ? `${cell}`.padStart(WIDTHS[at]!) : cell.padEnd(WIDTHS[at]!)))
    .join('  ');
const WIDTHS = [10, 8, 5, 5, 15, 24, 0];
const HEADING = `${columns(['outcome', 'messages', 'calls', 'steps', 'format', 'run', 'tools'])}\n`;

function factsLine(run: ImportedRun): string {
  const { counts, key, format, outcome } = run;
  const tools = [...new Set(toolSequence(run))].sort();
  const cells = [
    judged(outcome.success),
    counts.messages,
    counts.toolCalls,
    counts.steps,
    format,
    key,
    tools.join(', '),
  ];
  return printable(columns(cells).replaceAll('\n', ' ').trimEnd()).concat('\n');
}
