import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The name of a folder in which an installation is made: `SERVER-PID.START-RANDOM`. The number of a process is given out
 * again, in a container even at each start; together with the time of its start it is not.
 */
export const stagingName = (server: string): string =>
  `${server}-${process.pid}.${startOf(process.pid)}-${randomBytes(6).toString('hex')}`;

/** By us or by another process that lives. */
export function isBeingMade(name: string): boolean {
  const [, pid, start] = /-(\d+)\.(\d*)-[0-9a-f]{12}/.exec(name) ?? [];
  if (pid === undefined) return false;
  if (start !== '') return startOf(Number(pid)) === start;
  // Where the system does not tell when a process was started, its number has to do.
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In the system's ticks; empty where there is no such process (one that only waits to be reaped is none), or no telling. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name, which may hold anything, blanks and brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
