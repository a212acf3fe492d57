import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export const FIXTURE = resolve(import.meta.dirname, '../fixtures/conformance-server/main.ts');

/** The conformance fixture on a port of its own, in a process of its own. */
export async function startFixture(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [FIXTURE, '--http', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let printed = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    printed += chunk;
    const url = /listening (http\S+)/.exec(printed)?.[1];
    if (url === undefined) continue;
    return {
      url,
      stop: async () => {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error(`the conformance fixture did not start: ${printed}`);
}
