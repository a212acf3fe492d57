import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fixture, node, open, pidOf, sleep } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const alive = (pid: number): boolean => {
  try {
    // A zombie is gone: nothing runs any more.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const until = async (fits: () => boolean, ms = 5000): Promise<void> => {
  const end = Date.now() + ms;
  while (!fits()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await sleep(20);
  }
};

/** A server under a shell that also leaves a process in the background which ignores everything but SIGKILL. */
const withChild = (file: string) =>
  ({
    kind: 'stdio',
    command: 'sh',
    args: [
      '-c',
      `sh -c 'trap "" TERM HUP INT; echo $$ > ${file}; while :; do sleep 1; done' & exec ${process.execPath} ${fixture('echo.ts')}`,
    ],
    env: {},
  }) as const;

test('stop ends a server with all that it started, and leaves no record', async () => {
  const { dispatcher, registry, stop, dir } = await open({ stopMs: 300 });
  const file = join(dir, 'child.pid');
  registry.register(spec('echo', { launches: [withChild(file)] }));
  await registry.ready('echo');
  const server = await pidOf(dispatcher, registry, 'echo');
  await until(() => existsSync(file) && readFileSync(file, 'utf8').trim() !== '');
  const child = Number(readFileSync(file, 'utf8'));
  expect([alive(server), alive(child), readdirSync(join(dir, 'processes')).length]).toEqual([true, true, 1]);
  const records = join(dir, 'processes');
  const began = performance.now();
  await stop();
  expect(performance.now() - began).toBeLessThan(2500);
  expect([alive(server), alive(child), existsSync(records) ? readdirSync(records) : []]).toEqual([false, false, []]);
});

test('a server that ignores the end of its input and SIGTERM is killed', async () => {
  const { registry, stop } = await open({ stopMs: 200 });
  registry.register(
    spec('hang', {
      launches: [node(fixture('hang.ts'), ['--stubborn'])],
      timeouts: { connectMs: 20_000, callMs: 1000, idleMs: 0 },
    }),
  );
  await until(() => registry.servers.get('hang')?.health.state === 'starting');
  await sleep(300);
  const began = performance.now();
  await stop();
  expect(performance.now() - began).toBeLessThan(2000);
});

const owner = (dir: string, file: string): ChildProcess => {
  const script = join(import.meta.dirname, 'support/owner.ts');
  const child = spawn(process.execPath, [script, dir, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
};

test('when we are killed the server ends too, and the next start ends what it had left behind', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orphans-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'child.pid');
  const first = owner(dir, file);
  let said = '';
  first.stdout!.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(() => said.includes('\n') && existsSync(file) && readFileSync(file, 'utf8').trim() !== '');
  const server = Number(said);
  const child = Number(readFileSync(file, 'utf8'));
  expect([alive(server), alive(child)]).toEqual([true, true]);
  first.kill('SIGKILL');
  await until(() => !alive(server));
  expect(alive(child)).toBe(true);
  const { lines } = await open({ dir });
  await until(() => !alive(child));
  expect(lines.join('\n')).toContain('ended processes that an earlier run had left');
});

test('a server that waited for its turn to start is not started after stop', async () => {
  const { registry, stop, dir } = await open({ startConcurrency: 1, stopMs: 100 });
  const file = join(dir, '..', `${process.pid}-late`);
  onTestFinished(() => rmSync(file, { force: true }));
  registry.register(spec('first', { launches: [node(fixture('hang.ts'))] }));
  registry.register(
    spec('second', { launches: [{ kind: 'stdio', command: 'sh', args: ['-c', `touch ${file}`], env: {} }] }),
  );
  await sleep(100);
  await stop();
  await sleep(300);
  expect(existsSync(file)).toBe(false);
});
