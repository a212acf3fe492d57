import { resolve } from 'node:path';
import type { Command, Setting } from '../command.ts';
import { Progress } from '../print/progress.ts';
import { type Counts, countsText, countsWire, noCounts, seen } from '../reading/counts.ts';
import { ImportBatch } from '../reading/import-batch.ts';
import { readPaths } from '../reading/read-paths.ts';
import { parsed, which } from '../words.ts';

const MB = 1_048_576;

export const importPaths: Command = {
  name: 'import',
  help: [['import PATH... [--json]', 'brings runs of files into the archive; again: only what is new']],
  parse(words) {
    const { values, positionals } = parsed(words, Number.POSITIVE_INFINITY, { json: { type: 'boolean' } });
    which(positionals[0], 'import', 'path');
    // Where the reading of a file ended is kept by its name.
    const paths = positionals.map((path) => resolve(path));
    return async (setting, signal) => {
      const counts = noCounts();
      try {
        return await importAll(paths, counts, setting, signal);
      } finally {
        // Also after an interruption: so much is in the archive.
        const rest = seen(counts) + counts.waiting + counts.refused === 0 ? '; nothing new' : '';
        await setting.out(values.json ? `${JSON.stringify(countsWire(counts))}\n` : `${countsText(counts)}${rest}\n`);
      }
    };
  },
};

async function importAll(
  paths: readonly string[],
  counts: Counts,
  setting: Setting,
  signal: AbortSignal,
): Promise<number> {
  const { archive, formats, config } = setting;
  const progress = new Progress(setting, config.progressMs);
  const batch = new ImportBatch(archive, counts, { runs: config.batchRuns, bytes: config.batchMb * MB });
  const tell = (): Promise<void> => progress.tell(() => `${seen(counts)} seen, ${counts.imported} imported`);
  const ifFull = async (): Promise<void> => {
    if (!batch.isFull) return;
    await batch.flush();
    await tell();
  };
  try {
    const { files, failure } = await readPaths(
      paths,
      {
        from: (file) => archive.position(file),
        known: (bytesHash) => archive.knows(bytesHash),
        take(event) {
          const { bytesHash, place } = event;
          if (event.type === 'run') batch.run({ run: event.run, bytesHash, place });
          else if (event.type === 'bad') {
            const { code, reason } = event;
            batch.bad({ file: place.file, offset: place.offset, bytesHash, code, reason, at: Date.now() });
          } else {
            counts.duplicate += 1;
            return tell();
          }
          return ifFull();
        },
        ended(file, position) {
          batch.end(file, position);
          return ifFull();
        },
      },
      { formats, counts, err: progress.err, signal },
    );
    await batch.flush();
    return failure ?? (files > 0 ? 0 : 1);
  } finally {
    await progress.end();
  }
}
