import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

/** Whether `file` lies in `folder`, or is it; both absolute and free of links. */
export const isInside = (folder: string, file: string): boolean =>
  file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);

/**
 * A regular file of a real path. Follows no link in its last step, and waits for no pipe; undefined for what is no
 * file, or larger than `most`.
 */
export async function readRegular(real: string, most: number): Promise<Buffer | undefined> {
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > most) return undefined;
    // Not `readFile`: the file may grow without end while it is read.
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}
