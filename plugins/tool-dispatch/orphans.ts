import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '#kernel';

/** The variable that a server's processes have in their environment, and by which they are known. */
export const MARK = 'DATAPRESSO_SERVER';

interface Entry {
  readonly group: number;
  readonly mark: string;
  readonly owner: number;
  readonly ownerStart: string;
}

/**
 * A record of the process groups that we started, one file each, so that the next start can end those that outlived a
 * killed server. A number may have been given to somebody else since: only processes that carry the mark which their
 * group got in its environment are ended.
 */
export class Orphans {
  readonly #dir: string;
  readonly #ownerStart = startTime(process.pid) ?? '';

  constructor(dir: string) {
    this.#dir = join(dir, 'processes');
  }

  mark(): string {
    return randomUUID();
  }

  add(group: number, mark: string): void {
    const entry: Entry = { group, mark, owner: process.pid, ownerStart: this.#ownerStart };
    try {
      mkdirSync(this.#dir, { recursive: true });
      writeFileSync(this.#file(group), JSON.stringify(entry));
    } catch {
      // An unwritable folder costs the safety net, not the server: the process is still ended by stop and by the kernel.
    }
  }

  remove(group: number): void {
    rmSync(this.#file(group), { force: true });
  }

  /** Ends groups whose owner is gone. Returns how many processes were ended. */
  sweep(log: Log): number {
    let ended = 0;
    for (const name of list(this.#dir)) {
      const path = join(this.#dir, name);
      const entry = read(path);
      if (entry !== undefined && alive(entry)) continue;
      if (entry !== undefined) ended += endGroup(entry);
      rmSync(path, { force: true });
    }
    if (ended > 0) log.warn('ended processes that an earlier run had left', { processes: ended });
    return ended;
  }

  #file(group: number): string {
    return join(this.#dir, `${process.pid}-${group}.json`);
  }
}

const alive = (entry: Entry): boolean => startTime(entry.owner) === entry.ownerStart && entry.ownerStart !== '';

function endGroup(entry: Entry): number {
  let ended = 0;
  for (const name of list('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || groupOf(pid) !== entry.group) continue;
    if (!fileText(`/proc/${pid}/environ`).split('\0').includes(`${MARK}=${entry.mark}`)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      ended++;
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return ended;
}

/** The fields of /proc/PID/stat after the command, which may itself hold spaces and brackets. */
const stat = (pid: number): string[] => {
  const text = fileText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};
const groupOf = (pid: number): number => Number(stat(pid)[2]);
/** Undefined where nothing runs any more: also for one that ended but was not waited for. */
function startTime(pid: number): string | undefined {
  const fields = stat(pid);
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
function read(path: string): Entry | undefined {
  try {
    return JSON.parse(fileText(path)) as Entry;
  } catch {
    return undefined;
  }
}
