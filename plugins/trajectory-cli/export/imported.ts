import { fault } from '#kernel';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import type { Setting } from '../command.ts';
import { allHeads, findRun } from '../find-run.ts';
import { printable, several } from '../print/lines.ts';
import { openRedaction, type RedactChoice, redactedRun } from '../redacted.ts';

const TOGETHER = 50;

export interface ImportedExport {
  /** undefined: all. */
  readonly ids: readonly string[] | undefined;
  readonly format: string;
  readonly file: string;
  readonly redact: RedactChoice;
}

/** Imported runs in the order in which they came, or in which they are named. The file is there as a whole or not at all. */
export async function exportImported(
  setting: Setting,
  signal: AbortSignal,
  { ids, format, file, redact }: ImportedExport,
): Promise<number> {
  const { formats, redactor, err } = setting;
  const chosen = ids === undefined ? undefined : await importedIds(setting, ids);
  const writer = await formats.writer(format, file);
  let count = 0;
  try {
    for await (const run of runsOf(setting, chosen, signal)) {
      await writer.write(redactedRun(run, openRedaction(redactor, redact)));
      count += 1;
    }
    if (count === 0)
      throw fault('NOTHING_TO_EXPORT', 'no run was imported yet', { kind: 'not_found', hint: 'import PATH' });
    await writer.close();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  await err(printable(`${several(count, 'run')} written to ${file}\n`));
  return 0;
}

async function* runsOf(
  { archive }: Setting,
  ids: readonly string[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<ImportedRun> {
  for await (const page of ids === undefined ? allHeads(archive, signal) : [ids.map((id) => ({ id }))])
    for (let at = 0; at < page.length; at += TOGETHER) {
      signal.throwIfAborted();
      yield* await archive.many(page.slice(at, at + TOGETHER).map(({ id }) => id));
    }
}

async function importedIds(setting: Setting, ids: readonly string[]): Promise<string[]> {
  const chosen: string[] = [];
  for (const id of ids) {
    const found = await findRun(setting, id);
    if (found.from === 'recorder')
      throw fault('RUN_RECORDED', `run "${found.run.id}" was recorded here`, {
        kind: 'invalid',
        hint: 'export native PATH --runs, or export RUN --format openai',
      });
    chosen.push(found.head.id);
  }
  return chosen;
}
