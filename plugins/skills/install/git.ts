import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fault, reason } from '#kernel';
import type { SkillsConfig } from '../config.ts';
import type { Source } from './source.ts';
import { shownSource } from './source.ts';
import { unsafe } from './staging.ts';

/** What reaches the network the way this machine does, and the agent that holds the keys of ssh. */
const PASSED = [
  'PATH',
  'LANG',
  'SSH_AUTH_SOCK',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
] as const;
const SETPRIV = '/usr/bin/setpriv';
const WEIGH_MS = 250;
const TOLD = 2_000;

/**
 * The newest state of a repository, without its history. Asks nobody, reads no configuration but what stands here, runs no
 * hook, follows no submodule.
 */
export async function cloneGit(
  { url, protocol }: Extract<Source, { kind: 'git' }>,
  into: string,
  limits: SkillsConfig['limits'],
  signal: AbortSignal,
): Promise<void> {
  const settings = {
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'credential.helper': '',
    'submodule.recurse': 'false',
    'protocol.allow': 'never',
    [`protocol.${protocol}.allow`]: 'always',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  args.push('clone', '--quiet', '--depth', '1', '--single-branch', '--no-tags', '--no-recurse-submodules');
  args.push('--template=', '--', url, into);
  const env: NodeJS.ProcessEnv = {
    HOME: path.dirname(into),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes',
  };
  for (const name of PASSED) if (process.env[name] !== undefined) env[name] = process.env[name];
  signal.throwIfAborted();
  // Ends with us, also when we are killed.
  const [program, ...rest] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', '--', 'git', ...args]
    : ['git', ...args];
  const child = spawn(program!, rest, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const most = limits.totalMb * 1_048_576;
  let isTooLarge = false;
  const weighing = setInterval(() => {
    // Packed and unpacked.
    void weigh(into, 2 * most).then((bytes) => {
      if (bytes <= 2 * most) return;
      isTooLarge = true;
      kill(child);
    });
  }, WEIGH_MS);
  const end = (): void => kill(child);
  signal.addEventListener('abort', end, { once: true });
  try {
    const { code, said } = await ended(child);
    signal.throwIfAborted();
    if (isTooLarge) throw unsafe(`the repository is larger than ${limits.totalMb} MiB`);
    if (code !== 0) throw unreachable(url, said.trim().split('\n').slice(-3).join('; ') || `git ended with ${code}`);
  } finally {
    clearInterval(weighing);
    signal.removeEventListener('abort', end);
    // What it started may outlive it.
    kill(child);
  }
}

function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  return new Promise((done) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-TOLD);
    });
    child.once('error', (error) => done({ code: -1, said: `git cannot be started: ${reason(error)}` }));
    child.once('close', (code) => done({ code, said }));
  });
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

async function weigh(folder: string, most: number): Promise<number> {
  let bytes = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined && bytes <= most; next = open.pop())
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const full = path.join(next, entry.name);
      if (entry.isDirectory()) open.push(full);
      else bytes += (await lstat(full).catch(() => undefined))?.size ?? 0;
    }
  return bytes;
}

export const unreachable = (what: string, why: string) =>
  fault('SKILL_SOURCE_UNREACHABLE', `${shownSource(what)} cannot be read: ${shownSource(why)}`, {
    kind: 'unavailable',
  });
