import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import type { LimitHit } from '../engine.ts';

const PAGE = 4096;
const PERIOD_MS = 100;

export type TreeLimits = { memoryBytes: number; processes: number; files: number; folders: string[] };

/**
 * RLIMIT_AS is per process, so sixty processes could take sixty times as much; and no limit of the kernel counts the
 * files of a tmpfs. This looks at the whole tree below `root` ten times a second. Returns the function that ends it.
 */
export function watchTree(
  root: () => number | undefined,
  limits: TreeLimits,
  onExceeded: (limit: LimitHit) => void,
): () => void {
  const timer = setInterval(() => {
    const pid = root();
    const limit = pid === undefined ? undefined : exceeded(pid, limits);
    if (limit !== undefined) onExceeded(limit);
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function exceeded(root: number, limits: TreeLimits): LimitHit | undefined {
  const pids = tree(root, limits.processes * 4);
  // twice: threads count for RLIMIT_NPROC, so a little more than the limit can only be seen where it does not work
  if (pids.length > limits.processes * 2) return 'processes_exceeded';
  let resident = 0;
  for (const pid of pids) resident += Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE;
  // shared pages were counted once per process until here; the exact sum is dear, so only when it matters
  if (resident > limits.memoryBytes && proportional(pids) > limits.memoryBytes) return 'memory_exceeded';
  for (const folder of limits.folders) {
    try {
      const { files, ffree } = statfsSync(`/proc/${root}/root${folder}`);
      if (files - ffree > limits.files) return 'files_exceeded';
    } catch {
      // not visible to this user, or gone
    }
  }
  return undefined;
}

export function tree(root: number, most = 10_000): number[] {
  const found = [root];
  for (let at = 0; at < found.length && found.length < most; at++) {
    let threads: string[] = [];
    try {
      threads = readdirSync(`/proc/${found[at]}/task`);
    } catch {
      continue;
    }
    for (const thread of threads) {
      for (const child of read(`/proc/${found[at]}/task/${thread}/children`).split(' '))
        if (child) found.push(Number(child));
    }
  }
  return found;
}

function proportional(pids: number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    const kib = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
    bytes += kib === undefined ? Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE : Number(kib) * 1024;
  }
  return bytes;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
