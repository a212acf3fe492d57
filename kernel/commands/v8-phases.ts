import { flushCompileCache } from 'node:module';
import v8 from 'node:v8';
import vm from 'node:vm';

// bin.js sets the flags that this counts on; without them it changes nothing.

const RELEASE_MS = 300;
const LOOK_MS = 500;
/** A server that uses less than this between two looks does nothing for anybody. */
const QUIET_CPU_MS = 10;
/** Work after which an idle server has memory to give back: a catalog that was read, a few first calls. */
const WORTH_RELEASING_CPU_MS = 60;
/** So much without a quiet look is load. Processor time, not time: on a busy machine everything takes long. */
const LOAD_CPU_MS = 500;

/**
 * For a server that is up: gives back the memory that starting took, and what the first work took once it is idle again,
 * and speeds up when the first load comes.
 */
export function afterStart(): void {
  setTimeout(releaseMemory, RELEASE_MS).unref();
  let before = process.cpuUsage();
  let spent = 0;
  let unreleased = 0;
  const look = setInterval(() => {
    const now = process.cpuUsage();
    const used = (now.user - before.user + now.system - before.system) / 1_000;
    before = now;
    unreleased += used;
    if (used < QUIET_CPU_MS && unreleased > WORTH_RELEASING_CPU_MS) {
      releaseMemory();
      before = process.cpuUsage();
      unreleased = 0;
    }
    spent = used < QUIET_CPU_MS ? 0 : spent + used;
    if (spent < LOAD_CPU_MS) return;
    clearInterval(look);
    speedUp();
  }, LOOK_MS).unref();
}

/** Lets V8 compile hot code as well as it can. */
export function speedUp(): void {
  v8.setFlagsFromString('--opt');
}

/** What starting needed is garbage by now, and V8 would keep its pages for a long time in an idle process. */
function releaseMemory(): void {
  // Node writes its code cache only at an orderly end; one that is killed leaves it to the next start, too.
  flushCompileCache();
  try {
    (vm.runInNewContext('gc') as NodeJS.GCFunction)({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  } catch {
    // Another V8 may know other words for it; nothing depends on it.
  }
}
