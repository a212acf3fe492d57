import { chmod, lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises';

/** Bytes of a path from which on its folders are moved up; the system takes 4,095, and one name up to 255. */
const LONG_PATH = 2_000;
const SLASH = Buffer.from('/');
/** Node gives names as bytes where it is asked for them; its types know of text only. */
const BYTES = { encoding: 'buffer' as unknown as BufferEncoding };

/**
 * Removes a folder whatever a hostile program made of it: nested deeper than a path may be long (its inner part is
 * moved up first), closed to its owner (which a user who is not root undoes), names that are no text. Follows no link.
 */
export async function removeFolder(folder: string): Promise<void> {
  const info = await lstat(folder).catch(ignoreMissing);
  if (info === undefined) return;
  if (!info.isDirectory()) return unlink(folder);
  const top = Buffer.from(folder);
  let moved = 0;
  const clear = async (at: Buffer): Promise<void> => {
    await chmod(at, 0o700);
    for await (const entry of await opendir(at, BYTES)) {
      const child = Buffer.concat([at, SLASH, entry.name as unknown as Buffer]);
      if (!entry.isDirectory()) await unlink(child).catch(ignoreMissing);
      else if (child.length > LONG_PATH) {
        await chmod(child, 0o700); // a closed folder cannot be moved either
        await rename(child, `${folder}/.removed-${moved++}`);
      } else await clear(child);
    }
    if (at !== top) await rmdir(at);
  };
  // What was moved up while its level was being read may need another round.
  for (;;) {
    const before = moved;
    await clear(top);
    try {
      return await rmdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'ENOTEMPTY' || moved === before) throw error;
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
