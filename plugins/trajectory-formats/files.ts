import { constants, type Dirent, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './containers/byte-source.ts';

/** Fault PATH_UNREADABLE. Pipes, sockets and devices are left out with what is hidden: to read them may never end. */
export async function* filesBelow(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  signal?.throwIfAborted();
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (stats.isDirectory()) yield* filesIn(path, signal);
  else if (stats.isFile()) yield path;
  else throw unreadable(path, new Error('it is neither a file nor a folder'));
}

async function* filesIn(folder: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  for (const entry of await entriesOf(folder)) {
    signal?.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      // One that may not be read is told like a file: whoever reads it hears why, and the others are not lost for it.
      if (await isReadable(path)) yield* filesIn(path, signal);
      else yield path;
    }
    if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)))) yield path;
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
