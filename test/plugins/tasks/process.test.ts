import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KERNEL_BIN, PROJECT_NODE, startKernelProcess } from '../../support/boot-kernel.ts';

const until = (expectation: () => void): Promise<void> => vi.waitFor(expectation, { timeout: 20_000, interval: 20 });

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasks-process-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function pipeline(mode: 'cli' | 'worker', plugins: object): string {
  const file = join(folder, `${mode}.yaml`);
  const agent = { 'scripted-agent': { dir: join(folder, 'runs') } };
  const dirs = [resolve('test/plugins/tasks/dirs')];
  writeFileSync(file, JSON.stringify({ kernel: 1, mode, watch: false, dirs, plugins: { ...agent, ...plugins } }));
  return file;
}

/** `kernel start cli.yaml -- ...` in a process of its own. */
function commandLine(...argv: string[]) {
  const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', pipeline('cli', { tasks: {} }), '--', ...argv]);
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const code = new Promise<number | null>((done) => child.once('close', done));
  return { child, said, code };
}

it('a task from the shell: its answer, its exit code, its input', async () => {
  const plain = commandLine('answer=42', 'stop=budget_usd');
  expect(await plain.code).toBe(3);
  expect(plain.said.out).toBe('42\n');
  const piped = commandLine('-', '--json');
  piped.child.stdin.end('answer=漢字');
  expect(await piped.code).toBe(0);
  expect(JSON.parse(piped.said.out.trim().split('\n').at(-1)!)).toMatchObject({
    type: 'done',
    result: { answer: '漢字' },
  });
  const wrong = commandLine();
  expect(await wrong.code).toBe(2);
});

it('Ctrl-C suspends the run, and it goes on by its name', async () => {
  const { child, said, code } = commandLine('steps=40', 'ms=50', 'answer=whole');
  await until(() => expect(said.err).toContain('step 2'));
  child.kill('SIGINT');
  expect(await code).toBe(130);
  const [, run] = /--resume ([\w-]+)\n/.exec(said.err)!;
  const again = commandLine('--resume', run!);
  expect(await again.code).toBe(0);
  expect(again.said.out).toBe('whole\n');
  const steps = readFileSync(join(folder, 'runs', 'steps.log'), 'utf8')
    .trim()
    .split('\n');
  expect(steps).toEqual(Array.from({ length: 40 }, (_, at) => `${run} ${at + 1}`));
});

it('a worker that is killed leaves no task behind: the next one goes on where each of them was', async () => {
  const TASKS = 12;
  const STEPS = 10;
  const file = join(folder, 'tasks.jsonl');
  const out = join(folder, 'results.jsonl');
  const lines = Array.from(
    { length: TASKS },
    (_, at) => `{"id":"t-${at}","description":"steps=${STEPS} ms=40 answer=${at}"}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const worker = pipeline('worker', {
    storage: { dir: folder },
    queue: { leaseMs: 600, pollMs: 50, drainMs: 100 },
    tasks: { file, out, pollMs: 50 },
  });
  const log = join(folder, 'runs', 'steps.log');
  const steps = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  for (const enough of [15, 60]) {
    const { child, exited } = await startKernelProcess(worker);
    children.push(child);
    await until(() => expect(steps().length).toBeGreaterThan(enough));
    child.kill('SIGKILL');
    await exited;
  }
  const last = await startKernelProcess(worker);
  children.push(last.child);
  const results = () =>
    readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; answer: string });
  await until(() => expect(results()).toHaveLength(TASKS));
  expect(
    results()
      .map(({ id, answer }) => `${id} ${answer}`)
      .sort(),
  ).toEqual(lines.map((_, at) => `t-${at} ${at}`).sort());
  expect(await last.stop()).toBe(0);
  // Every step was made; none twice, but for the one of each task that a kill cut off before it was kept.
  const all = steps();
  expect(new Set(all).size).toBe(TASKS * STEPS);
  expect(all.length).toBeLessThanOrEqual(TASKS * STEPS + 2 * 4);
}, 60_000);
