import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ReadEvent } from './api.ts';
import { unreadable } from './containers/byte-source.ts';
import { endHash, hashBytes, startHash, trim } from './containers/raw-record.ts';
import { FileIntake } from './file-intake.ts';
import { licenseBeside } from './license-beside.ts';
import type { FileRecord } from './parsed-records.ts';
import type { ReadSettings } from './read-file.ts';
import { formatOf, isBad, parseRecord } from './read-record.ts';
import type { FolderSession } from './session-folder.ts';

/**
 * A session of which every line is a file of its own, as one that is a file is read: as a whole, and again when anything in the
 * folder has changed. A broken file costs itself; the last one may only be in writing, and waits.
 */
export async function* readSessionFolder(session: FolderSession, settings: ReadSettings): AsyncGenerator<ReadEvent> {
  const { folder, files } = session;
  const { bytes, print } = await stateOf(session);
  if (settings.from?.print === print) {
    yield { type: 'end', position: settings.from, waiting: Number(settings.from.waiting) };
    return;
  }
  let waiting = 0;
  if (files.length > settings.config.maxSessionFiles || bytes > settings.config.maxRecordBytes)
    yield tooLarge(folder, bytes, print, settings);
  else {
    const intake = await intakeOf(session, settings);
    for (const [index, file] of files.entries()) {
      settings.signal?.throwIfAborted();
      const record = await recordOf(join(folder, file), session, settings);
      if (index === files.length - 1 && isTorn(record)) waiting = record.place.bytes;
      else yield* (isOther(record) ? ofItsOwn(record, settings) : intake).take(record) ?? [];
    }
    yield* intake.release();
    yield* intake.endSession(bytes);
  }
  yield { type: 'end', position: { offset: bytes, waiting, print }, waiting };
}

/** How large the files are, and what changes when one of them does. */
async function stateOf({ folder, files }: FolderSession): Promise<{ readonly bytes: number; readonly print: string }> {
  const hash = startHash();
  let bytes = 0;
  for (const file of files) {
    const path = join(folder, file);
    const { size, mtimeMs } = await stat(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    hash.update(`${file}\n${size}\n${mtimeMs}\n`);
    bytes += size;
  }
  return { bytes, print: endHash(hash) };
}

const intakeOf = async (
  { folder, name, format }: FolderSession,
  { config, known }: ReadSettings,
): Promise<FileIntake> =>
  new FileIntake(
    {
      file: folder,
      name,
      sessions: [format],
      maxDepth: config.maxDepth,
      maxSessionBytes: config.maxRecordBytes,
      license: await licenseBeside(folder),
      known,
    },
    false,
  );

async function recordOf(
  file: string,
  { format }: FolderSession,
  { config, known, formats }: ReadSettings,
): Promise<FileRecord> {
  const read = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const [start, end] = trim(read, 0, read.length);
  const bytes = read.subarray(start, end);
  const place = { file, offset: start, bytes: bytes.length, index: 0 };
  const bytesHash = hashBytes(bytes);
  if (known?.(bytesHash)) return { place, bytesHash, content: { kind: 'known' } };
  const parsed = parseRecord({ offset: start, size: bytes.length, bytes }, config.maxDepth);
  return {
    place,
    bytesHash,
    content: isBad(parsed)
      ? { kind: 'bad', bad: parsed }
      : {
          kind: 'value',
          value: parsed.value,
          format: format.recognisesLine(parsed.value) ? undefined : formatOf(parsed.value, formats),
          alone: true,
        },
  };
}

/** A run that has a number for a name, too. */
const isOther = ({ content }: FileRecord): boolean => content.kind === 'value' && content.format !== undefined;

const ofItsOwn = ({ place: { file } }: FileRecord, { config, known }: ReadSettings): FileIntake =>
  new FileIntake(
    {
      ...{ file, name: basename(file), sessions: [], license: undefined, known },
      ...{ maxDepth: config.maxDepth, maxSessionBytes: config.maxRecordBytes },
    },
    true,
  );

const isTorn = ({ content }: FileRecord): boolean => content.kind === 'bad' && content.bad.code === 'RECORD_NOT_JSON';

function tooLarge(folder: string, bytes: number, bytesHash: string, { known }: ReadSettings): ReadEvent {
  const place = { file: folder, offset: 0, bytes, index: 0 };
  if (known?.(bytesHash)) return { type: 'known', place, bytesHash };
  const reason = 'the session is longer than maxRecordBytes allows, or has more files than maxSessionFiles';
  return { type: 'bad', place, bytesHash, code: 'RECORD_TOO_LARGE', reason };
}
