import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

interface KeptFile {
  readonly file: string;
  readonly bytes: number;
  /** ms since 1970. */
  readonly usedAt: number;
}

/** Only files that the store itself may have made, so that a folder named by mistake is safe from a sweep. */
const FOLDER = /^[0-9a-f]{2}$/;
const FILE = /^[0-9a-f]{16}\.txt(?:\.[0-9a-f]{8}\.part)?$/;

/** What is in the folder of outputs; nothing where there is none. Stops early with the signal. */
export async function listOutputs(dir: string, signal?: AbortSignal): Promise<KeptFile[]> {
  const found: KeptFile[] = [];
  for (const folder of await names(dir)) {
    if (signal?.aborted) return found;
    if (!FOLDER.test(folder)) continue;
    for (const name of await names(path.join(dir, folder))) {
      if (!FILE.test(name) || !name.startsWith(folder)) continue;
      const file = path.join(dir, folder, name);
      const now = await stat(file).catch(() => undefined);
      if (now?.isFile()) found.push({ file, bytes: now.size, usedAt: now.mtimeMs });
    }
  }
  return found;
}

const names = (dir: string): Promise<string[]> => readdir(dir).catch(() => []);
