import type { RunHead } from '#plugins/trajectory-archive/api';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';
import { judged, oneLine, printable, time } from './lines.ts';

export const importedLine = (head: RunHead): string =>
  printable(
    [
      head.id,
      `imported (${judged(head.outcome.success)})`,
      time(head.addedAt),
      `${head.steps} steps`,
      head.model ?? head.format,
      oneLine(head.key, 80),
    ].join('  '),
  ).concat('\n');

/** `server/tool`, or the tool's name alone. */
export const toolName = ({ server, name }: RunCall['tool']): string => (server ? `${server}/${name}` : name);

/** Calls that used a tool, in order; those of demonstrations and those that only look for tools did not. */
export const toolSequence = (run: ImportedRun): string[] =>
  run.messages.flatMap(({ demo, calls = [] }) =>
    demo === true ? [] : calls.filter(({ lookup }) => lookup !== true).map(({ tool }) => toolName(tool)),
  );

/** A head, and a line for each message and call. */
export function importedText(run: ImportedRun, { file, addedAt }: RunHead, width: number): string {
  const { score, evidence, success, answer } = run.outcome;
  const told = [judged(success), score === undefined ? undefined : `score ${score}`, evidence];
  const head = [
    `run      ${run.id}`,
    `key      ${run.key}${run.task === undefined ? '' : ` (task ${run.task})`}`,
    `from     ${file} (${run.format}), imported ${time(addedAt)}`,
    ...(run.agent === undefined && run.model === undefined
      ? []
      : [`by       ${[run.agent, run.model].filter((each) => each !== undefined).join(', ')}`]),
    `outcome  ${told.filter((each) => each !== undefined).join(', ')}`,
    `counts   ${Object.entries(run.counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    ...(run.license === undefined ? [] : [`licence  ${run.license}`]),
    ...(answer === undefined ? [] : [`answer   ${oneLine(answer, width)}`]),
    `request  ${oneLine(run.request, width)}`,
  ];
  return printable(
    `${[...head, '', ...run.messages.flatMap((message, at) => messageLines(message, at, width))].join('\n')}\n`,
  );
}

function messageLines({ role, text, demo, error, calls = [] }: RunMessage, at: number, width: number): string[] {
  const marks = [role, demo === true ? 'demonstration' : undefined, error === true ? 'failed' : undefined];
  const line = (mark: string, said: string): string => `${mark}  ${oneLine(said, width)}`;
  return [
    line(`${String(at + 1).padStart(4)}  ${marks.filter((each) => each !== undefined).join(' ')}`, text),
    ...calls.map(({ tool, args, lookup }) =>
      line('        ', `${lookup === true ? 'looks with' : 'calls'} ${toolName(tool)} ${JSON.stringify(args)}`),
    ),
  ];
}
