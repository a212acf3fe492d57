import { fault } from '#kernel';
import type { Setting } from '../command.ts';
import { findRun } from '../find-run.ts';
import { printable, several } from '../print/lines.ts';
import { openRedaction, type RedactChoice } from '../redacted.ts';
import { type Write, writeFileWith } from '../written.ts';
import { toOpenAiLine } from './shapes/openai.ts';

export const RECORDED_FORMATS = ['native', 'openai'] as const;

export interface RecordedExport {
  /** undefined: all. */
  readonly ids: readonly string[] | undefined;
  readonly format: (typeof RECORDED_FORMATS)[number];
  /** undefined: standard output. */
  readonly file: string | undefined;
  readonly redact: RedactChoice;
}

/** One JSON object a line and run. */
export async function exportRecorded(
  setting: Setting,
  signal: AbortSignal,
  { ids, format, file, redact }: RecordedExport,
): Promise<number> {
  const { trajectories, redactor, out, err } = setting;
  const toOpenAi = await toOpenAiLine();
  const chosen = ids === undefined ? (await trajectories.list()).map(({ id }) => id) : await recordedIds(setting, ids);
  // One at a time: all of them may be more than memory holds.
  const all = async (write: Write): Promise<void> => {
    for (const id of chosen) {
      signal.throwIfAborted();
      const redaction = openRedaction(redactor, redact);
      const line = format === 'native' ? await trajectories.native(id) : toOpenAi(await trajectories.get(id));
      await write(
        `${JSON.stringify(redaction === undefined ? line : { ...line, ...redaction.value(textsOf(line)) })}\n`,
      );
    }
  };
  if (file !== undefined && chosen.length === 0)
    throw fault('NOTHING_TO_EXPORT', 'no run was recorded here yet', {
      kind: 'not_found',
      hint: 'imported runs are written by export openai, sharegpt, atif or parquet',
    });
  if (file === undefined) await all(out);
  else {
    await writeFileWith(file, all);
    await err(printable(`${several(chosen.length, 'run')} written to ${file}\n`));
  }
  return 0;
}

/** What was said and done; names of runs, agents and models stay. */
function textsOf(line: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const texts = ['user_query', 'final_answer', 'steps', 'messages', 'settings'];
  return Object.fromEntries(Object.entries(line).filter(([name]) => texts.includes(name)));
}

async function recordedIds(setting: Setting, ids: readonly string[]): Promise<string[]> {
  const chosen: string[] = [];
  for (const id of ids) {
    const found = await findRun(setting, id);
    if (found.from === 'archive')
      throw fault('RUN_IMPORTED', `run "${found.head.id}" was imported`, {
        kind: 'invalid',
        hint: 'export FORMAT PATH --runs writes imported runs',
      });
    chosen.push(found.run.id);
  }
  return chosen;
}
