import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Lowers the limit of open files of a running process to what it has open. A socket is an open file, so this takes
 * the network away where no namespace does. Best effort: needs Linux and util-linux.
 */
export async function forbidNewFiles(pid: number | undefined): Promise<void> {
  if (process.platform !== 'linux' || pid === undefined) return;
  try {
    const highest = Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number));
    await run('prlimit', [`--pid=${pid}`, `--nofile=${highest + 1}:${highest + 1}`], { timeout: 5_000 });
  } catch {
    // no prlimit here, or the process is gone already
  }
}
