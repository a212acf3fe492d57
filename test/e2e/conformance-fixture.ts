import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export const FIXTURE = resolve(import.meta.dirname, '../fixtures/conformance-server/main.ts');

const START_MS = 15_000;

/** The conformance fixture on a port of its own, in a process of its own. */
export async function startFixture(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [FIXTURE, '--http', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    const fail = () => reject(new Error(`the conformance fixture did not start: ${printed}`));
    const late = setTimeout(fail, START_MS);
    void ended.then(fail);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const found = /listening (http\S+)/.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', kill);
    },
  };
}
