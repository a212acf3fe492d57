import type { Jail } from './plan.ts';
import { spawnJailed } from './spawn-jailed.ts';

const PROBE_MS = 10_000;

/** How programs can be jailed on this machine, or why they cannot. */
export type Probe = { readonly jail: Jail } | { readonly reason: string };

/** Runs a program that does nothing in a sandbox as servers get it. */
export async function probeSandbox(uid: number): Promise<Probe> {
  if (process.platform !== 'linux') return { reason: 'bubblewrap is there for Linux only' };
  const jail: Jail = process.getuid?.() === 0 ? { uid } : {};
  const shape = { mounts: [], network: false, tmpMb: 1, cwd: '/', env: {} };
  const child = spawnJailed(
    jail,
    { command: ['/usr/bin/prlimit', '--core=0', '--', '/usr/bin/env'], shape },
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: PROBE_MS, killSignal: 'SIGKILL' },
  );
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(0, 1_000);
  });
  return new Promise((resolve) => {
    child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      resolve({ reason: code === 'ENOENT' ? 'bubblewrap (bwrap) is not installed' : message });
    });
    child.once('close', (code) => {
      if (code === 0) resolve({ jail });
      else resolve({ reason: `bubblewrap does not work here: ${stderr.trim() || `exit code ${code}`}` });
    });
  });
}
