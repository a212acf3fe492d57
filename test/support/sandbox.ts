import { execFileSync } from 'node:child_process';

/**
 * Why bubblewrap cannot sandbox this command here, or undefined; said once for `what`. Kernels refuse its namespaces in a
 * chroot and in many containers: what only a sandbox shows cannot be tested there.
 */
export function sandboxMissing(what: string, command: readonly string[] = ['true']): string | undefined {
  try {
    execFileSync('bwrap', ['--unshare-all', '--unshare-user', '--ro-bind', '/', '/', ...command], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : error;
    process.stderr.write(`left out: ${what}; bubblewrap does not work here: ${reason}\n`);
    return String(reason);
  }
}
