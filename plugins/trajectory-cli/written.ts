import { open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';

/** Resolves when there is room for more; an export may be larger than memory. */
export type Write = (text: string) => Promise<void>;

export const writingTo =
  (stream: Writable): Write =>
  (text) =>
    new Promise((resolve, reject) => {
      // Also told as an event, which ends the process where nobody listens.
      stream.once('error', reject);
      stream.write(text, (error) => {
        if (error) return reject(error);
        stream.off('error', reject);
        resolve();
      });
    });

/** Writes a file that is there as a whole or not at all. */
export async function writeFileWith(file: string, work: (write: Write) => Promise<void>): Promise<void> {
  const part = `${file}.part-${process.pid}`;
  const handle = await open(part, 'wx', 0o600);
  try {
    await work((text) => handle.writeFile(text));
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
