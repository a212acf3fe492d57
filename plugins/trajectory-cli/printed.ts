import type { RunSummary, Step, ToolUse, Trajectory } from '#plugins/trajectory/api';

const TASK = 80;

/** What strangers wrote must not steer the terminal. */
export const printable = (text: string): string => text.replace(/[^\P{C}\n]/gu, ' ');

export const runLine = (run: RunSummary): string =>
  printable(
    `${run.id}  ${run.state}${outcome(run)}  ${time(run.startedAt)}  ${run.steps} steps  ${run.model}  ${oneLine(run.task, TASK)}`,
  ).concat('\n');

/** A head, and a line for each step. */
export function runText(run: Trajectory, width: number): string {
  const { parent, end } = run;
  const head = [
    `run      ${run.id}${parent === undefined ? '' : ` (of ${parent})`}`,
    `task     ${run.task}`,
    `by       ${run.agent}, ${run.model}`,
    `started  ${time(run.startedAt)}`,
    `state    ${run.state}${outcome(run)}`,
    ...(end?.answer === undefined ? [] : [`answer   ${end.answer}`]),
  ];
  const steps = run.records.map(
    (step) => `${String(step.index).padStart(4)}  turn ${step.turn}  ${oneLine(stepText(step), width)}`,
  );
  return printable(`${[...head, '', ...steps].join('\n')}\n`);
}

function stepText(step: Step): string {
  const { kind, phase, success, durationMs, input, output, llm } = step;
  const marks = [
    kind,
    phase,
    success === undefined ? undefined : success ? 'ok' : 'failed',
    durationMs === undefined ? undefined : `${Math.round(durationMs)} ms`,
    llm === undefined ? undefined : `${llm.inputTokens}+${llm.outputTokens} tokens`,
  ];
  const said = [input, output].flatMap((each) =>
    each === undefined ? [] : typeof each === 'string' ? each : JSON.stringify(each),
  );
  return [...marks.filter((mark) => mark !== undefined), ...said].join('  ');
}

/** One line for each tool and scenario. */
export function useTable(uses: readonly ToolUse[]): string {
  const rows = uses.map((use) => [
    use.tool,
    use.scenario,
    `${use.calls}`,
    `${Math.round((use.successes / use.calls) * 100)} %`,
    `${Math.round(use.totalMs / use.calls)} ms`,
    time(use.lastUsedAt),
  ]);
  const table = [['tool', 'scenario', 'calls', 'success', 'average', 'last used'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return table.map((row) => printable(line(row).trimEnd()).concat('\n')).join('');
}

function outcome({ end }: RunSummary): string {
  if (end === undefined) return '';
  const success = end.success === undefined ? '' : end.success ? ', success' : ', no success';
  return ` (${end.reason}${success})`;
}

const time = (at: number): string => (Number.isFinite(at) ? `${new Date(at).toISOString().slice(0, 19)}Z` : '?');

function oneLine(text: string, most: number): string {
  const line = text
    .slice(0, most * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
