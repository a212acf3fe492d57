import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { InterpreterPaths } from '../cpython/interpreter.ts';
import type { Options } from '../options.ts';
import { type SandboxMounts, sandboxArguments } from './bubblewrap.ts';
import { seccompFilter } from './seccomp.ts';

/** How bubblewrap is started: as this user id where the server is root, so that the limits of the kernel count. */
export type Jail = { uid: number | undefined };

/**
 * As an unprivileged user where the server is root, and never as root for code that can fork: the kernel does not
 * count the processes of root, so nothing would stop a fork bomb.
 */
export function possibleJails(options: Options, { canFork }: { canFork: boolean }): Jail[] {
  if (process.platform !== 'linux') return [];
  if (process.getuid?.() !== 0) return [{ uid: undefined }];
  return canFork ? [{ uid: options.sandboxUid }] : [{ uid: options.sandboxUid }, { uid: undefined }];
}

/** Starts a program in a sandbox. `pid` tells its first process as the host sees it, once bubblewrap has said so. */
export function spawnJailed(
  { uid }: Jail,
  interpreter: InterpreterPaths,
  program: string[],
  mounts: SandboxMounts,
  options: Options,
): { child: ChildProcess; pid: () => number | undefined } {
  const filter = seccompFilter(process.arch);
  const fds = { infoFd: 3, ...(filter && { seccompFd: 4 }) };
  const args = [...sandboxArguments(interpreter, options, mounts, fds), interpreter.executable, ...program];
  const child = spawn('bwrap', args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...(filter ? (['pipe'] as const) : [])],
    env: { PATH: process.env.PATH },
    cwd: '/',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const [, , , info, filterPipe] = child.stdio as (Duplex | undefined)[];
  let pid: number | undefined;
  info?.once('data', (chunk: Buffer) => {
    pid = Number(/"child-pid": (\d+)/.exec(chunk.toString())?.[1]) || undefined;
  });
  filterPipe?.end(filter);
  return { child, pid: () => pid };
}
