import type { RunSummary, Step, Trajectory } from '#plugins/trajectory/api';
import { oneLine, printable, time } from './lines.ts';

const TASK = 80;

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

function outcome({ end }: RunSummary): string {
  if (end === undefined) return '';
  const success = end.success === undefined ? '' : end.success ? ', success' : ', no success';
  return ` (${end.reason}${success})`;
}
