import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Launch } from '#plugins/tool-registry/api';
import { MARK, type Orphans } from './orphans.ts';

export type StdioLaunch = Extract<Launch, { kind: 'stdio' }>;

/** What a server may see of our environment; everything else has to be given to it by name. */
const SAFE_NAMES =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PATHEXT',
        'PROCESSOR_ARCHITECTURE',
        'SYSTEMDRIVE',
        'SYSTEMROOT',
        'TEMP',
        'USERNAME',
        'USERPROFILE',
        'PROGRAMFILES',
      ]
    : [
        'HOME',
        'LANG',
        'LC_ALL',
        'LC_CTYPE',
        'LOGNAME',
        'PATH',
        'SHELL',
        'TERM',
        'TMPDIR',
        'TZ',
        'USER',
        'XDG_RUNTIME_DIR',
        'NODE_EXTRA_CA_CERTS',
        'SSL_CERT_FILE',
      ];
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => process.platform === 'linux' && existsSync(path));

export function environment(own: Readonly<Record<string, string>>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of SAFE_NAMES) {
    const value = process.env[name];
    // A value that begins so is an exported shell function: code, not data.
    if (value !== undefined && !value.startsWith('()')) env[name] = value;
  }
  return Object.assign(env, own);
}

/** A server's process with everything that it started itself. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly #orphans: Orphans | undefined;
  readonly #exited: Promise<void>;

  private constructor(child: ChildProcess, orphans: Orphans | undefined) {
    this.child = child;
    this.#orphans = orphans;
    this.#exited = new Promise((done) => {
      child.once('exit', () => done());
      child.once('error', () => done());
    });
  }

  static start(launch: StdioLaunch, orphans: Orphans | undefined): ServerProcess {
    const env = environment(launch.env);
    const mark = orphans?.mark();
    if (mark !== undefined) env[MARK] = mark;
    const posix = process.platform !== 'win32';
    // The kernel ends the server when we end, however we end; the rest of its group is found by the record on the next start.
    const [command, args] =
      SETPRIV === undefined
        ? [launch.command, launch.args]
        : [SETPRIV, ['--pdeathsig', 'KILL', '--', launch.command, ...launch.args]];
    const child = spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
      detached: posix,
      windowsHide: true,
      ...(launch.cwd !== undefined && { cwd: launch.cwd }),
    });
    if (child.pid !== undefined && mark !== undefined) orphans?.add(child.pid, mark);
    return new ServerProcess(child, orphans);
  }

  /** Ends the whole group: closed stdin, then SIGTERM, then SIGKILL, each with `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const { child } = this;
    if (child.pid === undefined) return;
    child.stdin?.end();
    if (!(await this.#within(graceMs))) {
      this.#signal('SIGTERM');
      if (!(await this.#within(graceMs))) {
        this.#signal('SIGKILL');
        await this.#within(graceMs);
      }
    }
    await this.reap(graceMs);
  }

  /** The process itself is gone: ends what it left behind in its group. */
  async reap(graceMs: number): Promise<void> {
    if (this.#signal('SIGTERM')) {
      const until = Date.now() + graceMs;
      while (this.#signal(0) && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
      this.#signal('SIGKILL');
    }
    if (this.child.pid !== undefined) this.#orphans?.remove(this.child.pid);
    for (const pipe of [this.child.stdin, this.child.stdout, this.child.stderr]) pipe?.destroy();
  }

  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.child;
    if (pid === undefined) return false;
    try {
      return process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      return false;
    }
  }

  async #within(ms: number): Promise<boolean> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<false>((done) => {
      timer = setTimeout(() => done(false), ms);
    });
    const exited = await Promise.race([this.#exited.then(() => true as const), limit]);
    clearTimeout(timer);
    return exited;
  }
}

/** Why this launch cannot work, as far as one can see without trying; undefined where it may. */
export function launchProblem(launch: StdioLaunch): string | undefined {
  if (launch.cwd !== undefined && !isFolder(launch.cwd)) return `its folder (cwd) "${launch.cwd}" does not exist`;
  const { command } = launch;
  if (command.includes('/') || isAbsolute(command)) {
    const path = resolve(launch.cwd ?? '.', command);
    return existsSync(path) ? undefined : `command "${command}" does not exist`;
  }
  if (process.platform === 'win32') return undefined;
  const path = launch.env.PATH ?? process.env.PATH ?? '';
  const known = path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, command)));
  return known ? undefined : `command "${command}" was not found in PATH`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
