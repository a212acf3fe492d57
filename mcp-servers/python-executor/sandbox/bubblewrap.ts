import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import type { InterpreterPaths } from '../cpython/interpreter.ts';
import type { Options } from '../options.ts';

export const WORK = '/sandbox';
const MIB = 1024 * 1024;
const PIP_DISK_MIB = 2048;

/** Read by libraries, not secrets; bound where they exist. */
const DATA = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/usr/share/zoneinfo',
  '/usr/share/fonts',
  '/usr/share/matplotlib',
  '/etc/fonts',
];

/** What the code sees as its environment: this and nothing of the server's own. */
export const ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  MPLBACKEND: 'Agg',
  OPENBLAS_NUM_THREADS: '2', // each thread reserves address space, of which there is a limit
  OMP_NUM_THREADS: '2',
  MALLOC_ARENA_MAX: '2',
};

export type SandboxMounts = { packages?: string; network?: boolean; writable?: string };

/** Arguments of bwrap up to the command. File descriptors: `infoFd` gets the process id, `seccompFd` gives the filter. */
export function sandboxArguments(
  python: InterpreterPaths,
  options: Options,
  mounts: SandboxMounts,
  fds: { infoFd?: number; seccompFd?: number },
): string[] {
  // pip unpacks what it installs in /tmp
  const size = String((mounts.network ? PIP_DISK_MIB : options.diskMib) * MIB);
  const args = ['--unshare-all', '--unshare-user', '--disable-userns', '--clearenv', '--cap-drop', 'ALL'];
  args.push('--die-with-parent', '--new-session', '--as-pid-1', '--hostname', 'sandbox');
  if (mounts.network) args.push('--share-net');
  if (fds.infoFd !== undefined) args.push('--info-fd', String(fds.infoFd));
  if (fds.seccompFd !== undefined) args.push('--seccomp', String(fds.seccompFd));
  // before the folders, which may well lie below /tmp
  args.push('--proc', '/proc', '--dev', '/dev', '--size', size, '--tmpfs', '/dev/shm', '--remount-ro', '/dev');
  args.push('--size', size, '--tmpfs', '/tmp', '--size', size, '--tmpfs', WORK);
  for (const folder of ['/lib', '/lib64', '/bin']) {
    const target = linkTarget(folder);
    if (target !== undefined) args.push('--symlink', target, folder);
    else if (folder === '/lib64' && existsSync(folder)) args.push('--ro-bind', folder, folder);
  }
  // on a merged /usr the loader is reached through the link made above
  if (linkTarget('/lib64') !== undefined) args.push('--ro-bind-try', '/usr/lib64', '/usr/lib64');
  for (const folder of python.folders) {
    if (existsSync(folder) && !isBelowLink(folder)) args.push('--ro-bind', folder, folder);
  }
  for (const file of DATA) args.push('--ro-bind-try', file, file);
  if (mounts.network) for (const file of NETWORK_DATA) args.push('--ro-bind-try', file, file);
  if (mounts.packages !== undefined) args.push('--ro-bind', mounts.packages, '/packages');
  if (mounts.writable !== undefined) args.push('--bind', mounts.writable, '/packages');
  args.push('--remount-ro', '/', '--chdir', WORK);
  for (const [name, value] of Object.entries({
    ...ENVIRONMENT,
    HOME: WORK,
    TMPDIR: '/tmp',
    MPLCONFIGDIR: '/tmp/matplotlib',
  })) {
    args.push('--setenv', name, value);
  }
  return args;
}

/** What pip needs to reach an index. */
const NETWORK_DATA = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/ssl/certs',
  '/usr/share/ca-certificates',
  '/etc/pip.conf',
  '/usr/share/python-wheels',
];

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** /lib/x on a machine where /lib is a link to usr/lib: covered by /usr/lib/x, and a bind over a link fails. */
function isBelowLink(path: string): boolean {
  return linkTarget(`/${path.split('/')[1]}`) !== undefined;
}
