import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixed at 100 for everything that user space sees. */
const TICK_MS = 10;

/** All processes below `root` and itself, as /proc shows them; a parent stands before its children. */
export function processTree(root: number, most = 10_000): number[] {
  const found = [root];
  for (let at = 0; at < found.length && found.length < most; at++) found.push(...childrenOf(found[at]!));
  return found;
}

/** The process `depth` generations below, each time the first child. */
export function descendant(root: number, depth: number): number | undefined {
  let pid: number | undefined = root;
  for (let at = 0; at < depth && pid !== undefined; at++) pid = childrenOf(pid)[0];
  return pid;
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // gone meanwhile
  }
  return threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .flatMap((child) => (child === '' ? [] : [Number(child)])),
  );
}

/** User and system time of a process and of its children that ended and were waited for. */
export function cpuMs(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name, which may hold anything, blanks and brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + (Number(fields[at]) || 0), 0) * TICK_MS;
}

/** Memory of these processes. Shared pages count once, where that can be read, which is dear: only near the limit. */
export function memoryBytes(pids: readonly number[], limit: number): number {
  const resident = pids.map((pid) => kibIn(read(`/proc/${pid}/status`), /^VmRSS:\s+(\d+) kB/m) ?? 0);
  const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
  if (sum(resident) <= limit) return sum(resident);
  return sum(
    pids.map((pid, index) => kibIn(read(`/proc/${pid}/smaps_rollup`), /^Pss:\s+(\d+) kB/m) ?? resident[index]!),
  );
}

function kibIn(text: string, line: RegExp): number | undefined {
  const kib = line.exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
