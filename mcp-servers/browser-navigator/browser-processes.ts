import { readdirSync, readFileSync } from 'node:fs';

export type BrowserProcess = { pid: number; memoryMib: number; renderer: boolean };

/**
 * All processes of one browser, with the memory that is their own: private pages and shared memory, not the pages of the
 * program file, which all of them share. Each has the browser's folder in its command line, also the crash handlers, which
 * leave the tree. `status` can be read of sandboxed processes too. Empty where there is no /proc.
 */
export function browserProcesses(folder: string): BrowserProcess[] {
  return pids().flatMap((pid) => {
    const command = read(`/proc/${pid}/cmdline`);
    if (!command.includes(folder)) return [];
    const status = read(`/proc/${pid}/status`);
    const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const memoryMib = (kib('RssAnon') + kib('RssShmem')) / 1024;
    return [{ pid, memoryMib, renderer: command.includes('--type=renderer') }];
  });
}

export const memoryOf = (processes: readonly BrowserProcess[]): number =>
  processes.reduce((sum, each) => sum + each.memoryMib, 0);

export function kill({ pid }: BrowserProcess): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
