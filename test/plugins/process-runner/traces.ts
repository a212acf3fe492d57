import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cpuMs, processTree } from '../../../plugins/process-runner/sandbox/process-tree.ts';
import { until } from '../../support/workbench.ts';

/** Processes of the machine whose mounts, command line, environment or folder name this folder: sandboxes, launchers, npm. */
export function livingIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => told(pid).some((each) => each.includes(folder)))
    .filter((pid) => !/^\d+ \(.*\) [ZX]/s.test(text(`/proc/${pid}/stat`)));
}

/** Fails where they live longer than the five seconds that they have. */
export async function gone(folder: string): Promise<void> {
  await until(
    `the end of ${livingIn(folder).map((pid) => text(`/proc/${pid}/cmdline`).slice(0, 200))}`,
    () => livingIn(folder).length === 0,
    5_000,
  );
}

export const treeCpuMs = (root: number): number => processTree(root).reduce((sum, pid) => sum + cpuMs(pid), 0);

const told = (pid: number): string[] => [
  ...['mountinfo', 'cmdline', 'environ'].map((file) => text(`/proc/${pid}/${file}`)),
  workingFolder(pid),
];

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
