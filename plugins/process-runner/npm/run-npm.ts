import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { INSIDE } from '../sandbox/bubblewrap.ts';
import type { Jail } from '../sandbox/plan.ts';
import { descendant } from '../sandbox/process-tree.ts';
import { spawnJailed } from '../sandbox/spawn-jailed.ts';
import type { Npm } from './find-npm.ts';
import { type UserConfig, userConfig } from './user-config.ts';

const KEPT_BYTES = 64 * 1024;
const TMP_MB = 256;
const ENDED_MS = 3_000;

export interface NpmRun {
  readonly npm: Npm;
  /** Undefined: not in a sandbox. */
  readonly jail: Jail | undefined;
  readonly folder: string;
  readonly cache: string;
  readonly registry: string;
}
export interface NpmOutcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** No scripts of packages, nothing from elsewhere than the registry, nothing that npm would tell others. */
const SETTINGS = [
  ...['--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--no-progress', '--no-update-notifier'],
  ...['--allow-git=none', '--allow-remote=none', '--allow-directory=none', '--allow-file=none'],
  ...['--json', '--loglevel=error', '--package-lock=true', '--install-strategy=hoisted'],
  // A lost connection is tried again at once: npm itself would wait ten seconds, and then a minute.
  ...['--fetch-retries=4', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=8000'],
];

/**
 * Runs `npm install` in a folder, in a sandbox where there is one: it sees that folder, its cache, its own files and
 * the user's npm configuration. With `signal` its whole tree ends, and before that this does not return.
 */
export async function runNpm(run: NpmRun, more: readonly string[], signal: AbortSignal): Promise<NpmOutcome> {
  mkdirSync(run.cache, { recursive: true, mode: 0o700 });
  const user = userConfig();
  const args = ['install', ...SETTINGS, ...more];
  if (run.registry !== '') args.push(`--registry=${run.registry}`);
  const child = run.jail === undefined ? plain(run, user, args) : jailed(run, run.jail, user, args);
  const end = (): void => kill(child, run.jail !== undefined);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      out[name] = (out[name] + text).slice(-KEPT_BYTES);
    });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { ok: code === 0, ...out };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

const STDIO = { stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[] };

function jailed({ npm, folder, cache }: NpmRun, jail: Jail, user: UserConfig, args: readonly string[]): ChildProcess {
  const inside = { folder: '/install', cache: '/npm-cache', home: '/home/npm', config: '/home/npm/.npmrc' };
  const seen = (file: string): boolean => file.startsWith('/usr/') || file.startsWith('/etc/ssl/certs');
  const [program, ...rest] = npm.command;
  const mounts = [
    { from: folder, to: inside.folder, writable: true },
    { from: cache, to: inside.cache, writable: true },
    ...user.files.filter((file) => !seen(file)).map((file) => ({ from: file, to: file })),
    ...(npm.folder !== undefined && !seen(npm.folder) ? [{ from: npm.folder, to: npm.folder }] : []),
    ...(user.file !== undefined ? [{ from: user.file, to: inside.config }] : []),
    ...(existsSync('/etc/npmrc') ? [{ from: '/etc/npmrc', to: '/etc/npmrc' }] : []),
    ...(program === process.execPath ? [{ from: program, to: INSIDE.node }] : []),
  ];
  const command = [program === process.execPath ? INSIDE.node : program!, ...rest, ...args];
  command.push(`--cache=${inside.cache}`, `--userconfig=${inside.config}`);
  const env = { ...user.env, HOME: inside.home, PATH: `${path.dirname(INSIDE.node)}:/usr/bin:/bin`, LANG: 'C.UTF-8' };
  const shape = { mounts, network: true, tmpMb: TMP_MB, cwd: inside.folder, env };
  return spawnJailed(jail, { command, shape, asOurselves: true }, STDIO);
}

function plain({ npm, folder, cache }: NpmRun, user: UserConfig, args: readonly string[]): ChildProcess {
  // Ends with us, also when we are killed: without a sandbox nothing else sees to it.
  const setpriv = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];
  const config = user.file === undefined ? [] : [`--userconfig=${user.file}`];
  const [program, ...rest] = [...setpriv, ...npm.command, ...args, `--cache=${cache}`, ...config];
  return spawn(program!, rest, {
    ...STDIO,
    cwd: folder,
    env: { ...user.env, HOME: folder, PATH: process.env.PATH },
    detached: true,
    shell: process.platform === 'win32',
  });
}

function kill(child: ChildProcess, isJailed: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  const first = isJailed ? descendant(pid, 1) : undefined;
  send(first ?? -pid);
  setTimeout(() => send(-pid), ENDED_MS).unref();
}

function send(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}
