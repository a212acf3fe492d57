import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { OWN_FILE } from './append-file.ts';
import { WRITERS } from './file-names.ts';

/** Who writes in another container has a process number of its own world: that it lives shows in the file's time. */
const BEAT_MS = 10_000;
const DEAD_AFTER_MS = 60_000;
const OWNER = z.object({ pid: z.number().int(), start: z.string(), world: z.string() });

/** Says that this process writes under this id. The undo takes it back: the runs that are still open are interrupted then. */
export function claimWriter(dir: string, writer: string): () => void {
  const file = path.join(dir, WRITERS, writer);
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: startOf(process.pid), world: WORLD }), {
    mode: OWN_FILE,
  });
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // The folder is gone; there is nobody left who could look.
    }
  }, BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    rmSync(file, { force: true });
  };
}

/** The writers whose processes live. What dead ones left here is cleared away. */
export function livingWriters(dir: string): Set<string> {
  const living = new Set<string>();
  for (const writer of readdirSync(path.join(dir, WRITERS))) {
    const file = path.join(dir, WRITERS, writer);
    if (isWriting(file)) living.add(writer);
    else rmSync(file, { force: true });
  }
  return living;
}

function isWriting(file: string): boolean {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const owner = OWNER.safeParse(parsed(readFileSync(file, 'utf8')));
    // It is being written at this moment, or by a world that counts otherwise.
    if (!owner.success || owner.data.world !== WORLD) return age < DEAD_AFTER_MS;
    const { pid, start } = owner.data;
    return start === '' ? isRunning(pid) : startOf(pid) === start;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The number of a process means something within its namespace only. */
const WORLD = `${hostname()} ${pidNamespace()}`;
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** When a process was started, in the system's ticks: its number is given out again, the two together are not. */
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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
