import { statfsSync } from 'node:fs';
import { measureFolder } from '../measure-folder.ts';
import type { SandboxPlan } from './plan.ts';
import { cpuMs, memoryBytes, processTree } from './process-tree.ts';
import { Throttle } from './throttle.ts';

const MIB = 1024 * 1024;
const BUSY_MS = 100;
const IDLE_MS = 250;
const DATA_MS = 2_000;
/** Measuring the data folder may take this share of the time. */
const MEASURE_SHARE = 0.05;
const DEEPEST_FOLDER = 64;
/** Each is a process of its own; a server with fewer has not begun yet. */
const FOLDERS_IN_MEMORY = ['/tmp', '/dev/shm'];
const FILES_IN_MEMORY = 100_000;

/**
 * Limits that the kernel does not know for a group of processes: memory of all together, share of a core, size of the
 * data folder, files in memory. Says why the server must end, once.
 */
export function watchLimits(
  plan: SandboxPlan,
  root: number,
  inside: () => number | undefined,
  over: (why: string) => void,
): () => void {
  const { limits, dataFolder } = plan;
  const throttle = new Throttle(limits.cpus);
  let lastCpu = 0;
  let lastTick = performance.now();
  let nextMeasure = 0;
  let freeAtMeasure = 0;
  let isChanged = true;
  let roomAtMeasure = limits.dataMb * MIB;
  let timer: NodeJS.Timeout;
  let ended = false;

  const checkData = (now: number, busy: boolean): string | undefined => {
    const free = freeBytes(dataFolder);
    const shrunk = freeAtMeasure - free > roomAtMeasure;
    isChanged ||= busy;
    if (!shrunk && (!isChanged || now < nextMeasure)) return undefined;
    isChanged = busy;
    const { bytes, files, depth, hidden } = measureFolder(dataFolder, {
      files: limits.dataFiles,
      depth: DEEPEST_FOLDER,
    });
    nextMeasure = now + Math.max(DATA_MS, (performance.now() - now) / MEASURE_SHARE);
    freeAtMeasure = free;
    roomAtMeasure = limits.dataMb * MIB - bytes;
    if (bytes > limits.dataMb * MIB)
      return `its data folder holds ${Math.round(bytes / MIB)} MiB, the limit is ${limits.dataMb} MiB`;
    if (files > limits.dataFiles) return `its data folder holds more than ${limits.dataFiles} files`;
    if (depth > DEEPEST_FOLDER) return `folders in its data folder are nested deeper than ${DEEPEST_FOLDER}`;
    if (hidden) return 'its data folder holds what cannot be measured: closed to us, or nested too deep';
    return undefined;
  };

  const check = (): void => {
    const now = performance.now();
    const pids = processTree(root);
    const cpu = pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
    const used = Math.max(0, cpu - lastCpu);
    const busy = used > 0.05 * (now - lastTick);
    throttle.tick(pids.slice(1), used, now - lastTick);
    lastCpu = cpu;
    lastTick = now;
    const memory = memoryBytes(pids, limits.memoryMb * MIB);
    const why =
      memory > limits.memoryMb * MIB
        ? `it takes ${Math.round(memory / MIB)} MiB of memory, the limit is ${limits.memoryMb} MiB`
        : (checkData(now, busy) ?? filesInMemory(inside()));
    if (why !== undefined) {
      end();
      over(why);
    } else if (!ended) timer = setTimeout(check, busy || throttle.stopped ? BUSY_MS : IDLE_MS);
  };
  const end = (): void => {
    ended = true;
    clearTimeout(timer);
    throttle.release();
  };
  timer = setTimeout(check, BUSY_MS);
  return end;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** A file system in memory bounds the bytes of its files, but not how many empty ones there are. */
function filesInMemory(inside: number | undefined): string | undefined {
  for (const folder of inside === undefined ? [] : FOLDERS_IN_MEMORY) {
    try {
      const { files, ffree } = statfsSync(`/proc/${inside}/root${folder}`);
      if (files - ffree > FILES_IN_MEMORY) return `it holds more than ${FILES_IN_MEMORY} files in ${folder}`;
    } catch {
      // not visible to this user, or gone
    }
  }
  return undefined;
}
