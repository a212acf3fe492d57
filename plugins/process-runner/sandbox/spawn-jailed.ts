import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { type Mount, type SandboxShape, sandboxOptions, stagedFor, withoutOwnUsers } from './bubblewrap.ts';
import type { Jail } from './plan.ts';
import { seccompFilter } from './seccomp.ts';

const ARGS_FD = 3;
const FILTER_FD = 4;

export interface JailedProgram {
  /** Absolute, as it is inside. */
  readonly command: readonly string[];
  readonly shape: Omit<SandboxShape, 'seccompFd'>;
  /** True: it keeps our own user id also where that is root's. For programs that are trusted, such as npm. */
  readonly asOurselves?: boolean;
}

/** Starts a program in a sandbox; its options go through a pipe, so that no process list shows its environment. */
export function spawnJailed({ uid }: Jail, program: JailedProgram, options: SpawnOptions): ChildProcess {
  const { shape, asOurselves } = program;
  const filter = seccompFilter(process.arch, shape.network);
  let command: string[] = [];
  let mounts: readonly Mount[] = shape.mounts;
  if (uid !== undefined && !asOurselves) ({ command, mounts } = stagedFor(uid, mounts));
  const isRoot = asOurselves && process.getuid?.() === 0;
  const inner = [
    ...(isRoot ? [] : withoutOwnUsers),
    ...sandboxOptions({ ...shape, mounts, ...(filter && { seccompFd: FILTER_FD }) }),
  ];
  command.push('bwrap', '--args', String(ARGS_FD), ...program.command);
  const [stdin, stdout, stderr] = options.stdio as [number | 'ignore' | 'pipe', ...(number | 'ignore' | 'pipe')[]];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: '/',
    detached: true,
    ...options,
    // bwrap and setpriv are found here; what the program itself gets is among the options.
    env: { PATH: process.env.PATH },
    stdio: [stdin, stdout, stderr, 'pipe', ...(filter ? (['pipe'] as const) : [])],
  });
  for (const stream of child.stdio) stream?.on('error', () => {}); // it may end before it has read; 'exit' tells
  (child.stdio[ARGS_FD] as Writable | null)?.end(inner.map((option) => `${option}\0`).join(''));
  if (filter) (child.stdio[FILTER_FD] as Writable | null)?.end(filter);
  return child;
}
