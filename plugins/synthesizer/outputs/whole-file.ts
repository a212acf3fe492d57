import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** A file that is there as a whole, on disk, or as it was before. */
export async function writeWhole(file: string, parts: Iterable<string>): Promise<void> {
  const part = `${file}.part-${process.pid}`;
  const handle = await open(part, 'w', 0o644);
  try {
    for (const text of grouped(parts)) await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

/** The folder, without what a process that was killed left in it. */
export async function openFolder(dir: string, names: readonly string[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    const [, file, pid] = /^(.+)\.part-(\d+)$/.exec(name) ?? [];
    if (file !== undefined && names.includes(file) && !isAlive(Number(pid)))
      await rm(path.join(dir, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const LARGEST = 1_048_576;

function* grouped(parts: Iterable<string>): Generator<string> {
  let group = '';
  for (const part of parts) {
    group += part;
    if (group.length < LARGEST) continue;
    yield group;
    group = '';
  }
  yield group;
}
