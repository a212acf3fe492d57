import { constants, type Dirent, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './containers/byte-source.ts';
import type { SessionFormat } from './format.ts';
import { fileNames, placeOfCopied, placeOfSession, sessionAmong, sessionIn } from './session-folder.ts';

/** Fault PATH_UNREADABLE. Pipes, sockets and devices are left out with what is hidden: to read them may never end. */
export async function* filesBelow(
  path: string,
  formats: readonly SessionFormat[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  signal?.throwIfAborted();
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (stats.isDirectory()) yield* filesIn(path, formats, signal);
  else if (stats.isFile()) yield path;
  else throw unreadable(path, new Error('it is neither a file nor a folder'));
}

/** What is to be read where these files were touched: they, or the folder of the session of which they are lines. */
export async function sourcesOf(
  files: readonly string[],
  formats: readonly SessionFormat[],
): Promise<readonly string[]> {
  const sources = new Set<string>();
  const sessions = new Map<string, boolean>();
  for (const file of files) {
    const place = placeOfSession(file, formats);
    if (place !== undefined && !sessions.has(place)) sessions.set(place, await isSession(place, formats));
    sources.add(place !== undefined && sessions.get(place) ? place : file);
  }
  return [...sources];
}

const isSession = async (folder: string | undefined, formats: readonly SessionFormat[]): Promise<boolean> =>
  folder !== undefined && (await sessionIn(folder, formats)) !== undefined;

async function* filesIn(
  folder: string,
  formats: readonly SessionFormat[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const entries = await entriesOf(folder);
  const session = await sessionAmong(folder, await fileNames(folder, entries), formats);
  if (session !== undefined) yield folder;
  const lines = new Set(session?.files);
  for (const entry of entries) {
    signal?.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !(await isSession(placeOfCopied(path, formats), formats))) {
      // One that may not be read is told like a file: whoever reads it hears why, and the others are not lost for it.
      if (await isReadable(path)) yield* filesIn(path, formats, signal);
      else yield path;
    }
    const isFile = entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)));
    if (isFile && !lines.has(entry.name)) yield path;
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    // Who has gone while others were looked at holds nothing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
}

const isReadable = async (folder: string): Promise<boolean> =>
  access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

/** A link that leads nowhere counts as a file: reading it says what is wrong. */
const leadsToFile = async (path: string): Promise<boolean> => {
  const stats = await stat(path).catch(() => undefined);
  return stats === undefined || stats.isFile();
};
