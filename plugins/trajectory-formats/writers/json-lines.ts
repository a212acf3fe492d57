import type { ImportedRun, RunWriter } from '../api.ts';
import { WholeFile } from './whole-file.ts';

/** One JSON value a line, one line a run. */
export async function jsonLines(path: string, lineOf: (run: ImportedRun) => unknown): Promise<RunWriter> {
  const file = await WholeFile.create(path);
  return {
    write: (run) => file.write(`${JSON.stringify(lineOf(run))}\n`),
    close: () => file.close(),
    abandon: () => file.abandon(),
  };
}
