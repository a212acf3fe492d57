import { readFileSync } from 'node:fs';

/** `PID:START` of this process: a number is given out again, in a container even at each start, and then has another start. */
export const ownMark = (): string => `${process.pid}:${startOf('self')?.start ?? ''}`;

/** Does the process live that had this mark? */
export function isRunning(mark: string): boolean {
  const [pid, start] = mark.split(':');
  const found = startOf(pid!);
  if (start !== '') return found !== undefined && found.start === start && found.state !== 'Z';
  // Where processes have no such file, their number has to do.
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

function startOf(pid: string): { readonly state: string; readonly start: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name, which may hold anything, blanks and brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, start: fields[19]! };
  } catch {
    return undefined;
  }
}
