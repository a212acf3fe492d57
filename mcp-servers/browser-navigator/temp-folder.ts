import { mkdtempSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'browser-navigator-';

/** Chromium makes a socket below, whose whole path has 107 bytes at most on Linux. */
const LONGEST = 30;
/** The system's folder, read before this program points TMPDIR at its own. */
const SYSTEM = process.platform === 'linux' && tmpdir().length > LONGEST ? '/tmp' : tmpdir();

/** Makes the folder that holds everything one browser writes: profile, caches, sockets. */
export function createTempFolder(): string {
  return mkdtempSync(join(SYSTEM, `${PREFIX}${process.pid}-`));
}

/** A browser that has just been killed may still write while we delete. */
export async function removeTempFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/** Removes what servers left that were killed: own folders whose process is gone. */
export async function sweepStale(): Promise<void> {
  const names = await readdir(SYSTEM).catch(() => [] as string[]);
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\w+$`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(SYSTEM, name);
    const info = await lstat(folder).catch(() => undefined);
    if (info?.isDirectory() && info.uid === (process.getuid?.() ?? info.uid))
      await removeTempFolder(folder).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
