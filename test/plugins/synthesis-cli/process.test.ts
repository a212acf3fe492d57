import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KERNEL_BIN, PROJECT_NODE } from '../../support/boot-kernel.ts';
import { madeLines } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'synthesis-cli-'));
const children = new Set<ChildProcess>();
let model: SynthesisModel;
beforeAll(async () => {
  model = await synthesisModel({ latencyMs: 100 });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await model.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The pipeline that ships, in a process of its own. */
function start(data: string, ...argv: string[]) {
  const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', 'pipelines/synthesis.yaml', '--', ...argv], {
    env: {
      ...process.env,
      DATA_DIR: path.join(dir, data),
      LLM_URL: model.url,
      LLM_MODEL: 'stand-in',
      LLM_API_KEY: '',
      DATABASE_URL: '',
      REDIS_URL: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  return { child, ended, said };
}

async function until(is: () => boolean, child: ChildProcess): Promise<void> {
  while (!is()) {
    if (child.exitCode !== null) throw new Error('it has ended');
    await sleep(20);
  }
}
const seedsIn = (data: string): readonly string[] =>
  readFileSync(path.join(dir, data, 'seed_tasks.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');

test('Ctrl-C ends it with 130 and keeps what was done: the next run pays for the rest alone', {
  timeout: 120_000,
}, async () => {
  const file = path.join(dir, 'runs.jsonl');
  writeFileSync(file, madeLines(120));
  const first = start('stopped', '--once', file);
  await until(() => model.stats().answered >= 40, first.child);
  first.child.kill('SIGINT');
  const { code, out, err } = await first.ended;
  expect(code, err).toBe(130);
  expect(out).toMatch(/^120 records seen/);
  const answered = model.stats().answered;
  expect(answered).toBeLessThan(240);
  expect(existsSync(path.join(dir, 'stopped', 'task_essences.json'))).toBe(true);

  const second = await start('stopped', '--once', '--json', file).ended;
  expect(second.code, second.err).toBe(0);
  const result = JSON.parse(second.out);
  expect(result).toMatchObject({ seen: 120, imported: 0, duplicate: 120, essences: 120, failed: 0 });
  // Calls that were under way when it was stopped may be asked again.
  expect(model.stats().questions).toBe(240);
  expect(model.stats().answered).toBeLessThanOrEqual(240 + 32);
  expect(new Set(seedsIn('stopped')).size).toBe(result.seeds);
  expect(result.seeds).toBeGreaterThan(60);
});

test('watching: what is appended becomes a seed, and Ctrl-C is its end', { timeout: 120_000 }, async () => {
  const file = path.join(dir, 'growing.jsonl');
  writeFileSync(file, madeLines(2, 300));
  const { child, ended, said } = start('watched', file);
  const seeds = path.join(dir, 'watched', 'seed_tasks.jsonl');
  await until(() => existsSync(seeds) && seedsIn('watched').filter((line) => line !== '').length === 2, child);
  appendFileSync(file, madeLines(1, 302));
  await until(() => seedsIn('watched').length === 3, child);
  expect(said.err).toContain(`watching ${file} (Ctrl-C ends it)\n`);
  child.kill('SIGINT');
  const { code, out } = await ended;
  expect(code).toBe(0);
  expect(out).toContain('3 essences, 3 tasks, 3 seeds kept');
});
