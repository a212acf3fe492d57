import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const MIB = 1024 * 1024;

/** Where things are inside. */
export const INSIDE = { node: '/runtime/bin/node', package: '/server', data: '/data' } as const;
/** A folder of every Linux, covered by a file system of its own while the sandbox is built. */
const STAGE = '/mnt';

const SYSTEM_DATA = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime', '/etc/mime.types', '/etc/fonts'];
const NETWORK_DATA = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
];

export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly writable?: boolean;
}

export interface SandboxShape {
  readonly mounts: readonly Mount[];
  readonly network: boolean;
  readonly tmpMb: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** File descriptor with the filter. */
  readonly seccompFd?: number;
}

/**
 * Options of bwrap for a system that shows a program this and nothing else: /usr read-only, the mounts, empty /tmp and
 * /dev/shm of a bounded size, its own processes. To be passed by `--args`, as the environment is among them.
 */
export function sandboxOptions(shape: SandboxShape): string[] {
  const size = String(shape.tmpMb * MIB);
  const options = ['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'];
  if (shape.network) options.push('--share-net');
  options.push('--hostname', 'sandbox');
  if (shape.seccompFd !== undefined) options.push('--seccomp', String(shape.seccompFd));
  options.push('--proc', '/proc', '--dev', '/dev', '--size', size, '--tmpfs', '/dev/shm', '--remount-ro', '/dev');
  options.push('--size', size, '--tmpfs', '/tmp', '--ro-bind', '/usr', '/usr');
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const target = linkTarget(folder);
    if (target !== undefined) options.push('--symlink', target, folder);
    else if (existsSync(folder)) options.push('--ro-bind', folder, folder);
  }
  const files = shape.network ? [...SYSTEM_DATA, ...NETWORK_DATA] : SYSTEM_DATA;
  for (const file of files) options.push('--ro-bind-try', file, file);
  for (const { from, to, writable } of shape.mounts) options.push(writable ? '--bind' : '--ro-bind', from, to);
  options.push('--remount-ro', '/', '--chdir', shape.cwd);
  for (const [name, value] of Object.entries(shape.env)) options.push('--setenv', name, value);
  return options;
}

/** For a user who is not root inside and out: no namespaces of users below it, in which it would be root again. */
export const withoutOwnUsers = ['--unshare-user', '--disable-userns'];

/**
 * The same as another user, where we are root. bwrap reads the mounts as the user who starts it, and that user may not
 * pass through our folders (such as /root): so a first bwrap, still root, puts them where it can, and makes way.
 */
export function stagedFor(uid: number, mounts: readonly Mount[]): { command: string[]; mounts: Mount[] } {
  const staged = mounts.map((mount, index) => ({ ...mount, from: path.join(STAGE, String(index)) }));
  const command = ['bwrap', '--dev-bind', '/', '/', '--unshare-pid', '--die-with-parent'];
  command.push('--size', String(MIB), '--tmpfs', STAGE);
  mounts.forEach(({ from, writable }, index) => {
    command.push(writable ? '--bind' : '--ro-bind', from, staged[index]!.from);
  });
  command.push('--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--');
  command.push('setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--');
  return { command, mounts: staged };
}

function linkTarget(file: string): string | undefined {
  const info = lstatSync(file, { throwIfNoEntry: false });
  return info?.isSymbolicLink() ? readlinkSync(file) : undefined;
}
