import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYNTHESIS, type Synthesis } from '#plugins/synthesizer/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { madeLines } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { run } from './open-cli.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'synthesis-cli-'));
let kernel: BootedKernel;
let model: SynthesisModel;
let synthesis: Synthesis;

beforeAll(async () => {
  model = await synthesisModel();
  kernel = await bootKernel({
    plugins: {
      storage: { dir: path.join(dir, 'data') },
      'trajectory-formats': {},
      'trajectory-archive': {},
      redaction: {},
      'task-similarity': {},
      queue: {},
      llm: { url: model.url, model: 'stand-in' },
      'synthesis-strategies': {},
      synthesizer: { dir: path.join(dir, 'data'), checks: [] },
    },
  });
  synthesis = kernel.get(SYNTHESIS);
});
afterAll(async () => {
  await kernel?.stop();
  await model?.close();
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test('an estimate asks nobody and keeps nothing', async () => {
  const file = write('runs/runs.jsonl', madeLines(5));
  const { code, out } = await run(synthesis, ['--estimate', file, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ calls: 10 });
  expect(model.stats().answered).toBe(0);
  expect((await synthesis.dataset()).counts.seen).toBe(0);
});

test('a folder with other files in it: done, and they are told', async () => {
  const readme = write('runs/README.md', '# Runs\n\nof agents\n');
  const { code, out } = await run(synthesis, ['--once', '--quiet', path.join(dir, 'runs')]);
  expect(code).toBe(0);
  expect(out).toMatch(/^5 records seen: 5 imported, 0 known already, 0 in quarantine\n/);
  expect(out).toContain(`no trajectories in ${readme}: `);
  expect(out).toContain('10 model calls so far');
});

test('the same again asks nobody, and says so', async () => {
  const { code, out } = await run(synthesis, ['--once', '--quiet', '--json', path.join(dir, 'runs')]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ seen: 5, imported: 0, duplicate: 5, money: { calls: 10 } });
  expect(model.stats().answered).toBe(10);
});

test('a file that was named and holds no trajectories: 1, beside others and alone', async () => {
  const readme = path.join(dir, 'runs/README.md');
  const beside = await run(synthesis, ['--once', '--quiet', readme, path.join(dir, 'runs/runs.jsonl')]);
  expect(beside.code).toBe(1);
  expect(beside.out).toContain(`no trajectories in ${readme}: `);
  const alone = await run(synthesis, ['--once', '--quiet', readme]);
  expect(alone).toMatchObject({ code: 1, out: '' });
  expect(alone.err).toMatch(/^FORMAT_UNKNOWN: .*README\.md.*\nthere is: .*tau-bench/);
});

test('an empty folder: 1; a path that is not there: 3', async () => {
  mkdirSync(path.join(dir, 'empty'));
  const empty = await run(synthesis, ['--once', '--quiet', path.join(dir, 'empty')]);
  expect(empty).toMatchObject({ code: 1, err: `no trajectories in ${path.join(dir, 'empty')}\n` });
  for (const mode of ['--once', '--estimate']) {
    const nowhere = await run(synthesis, [mode, path.join(dir, 'nowhere')]);
    expect(nowhere.code).toBe(3);
    expect(nowhere.err).toMatch(/PATH_UNREADABLE: .*nowhere/);
  }
});

test('a bad record is told with its place', async () => {
  const lines = madeLines(2, 50).trimEnd().split('\n');
  const file = write('bad.jsonl', `${lines[0]}\n{"messages": [}\n${lines[1]}\n`);
  const { code, err } = await run(synthesis, ['--once', '--quiet', file]);
  expect(code).toBe(0);
  expect(err).toBe(`RECORD_NOT_JSON: ${file}, byte ${lines[0]!.length + 1}: ${err.split(': ').slice(2).join(': ')}`);
  expect(err.split('\n')).toHaveLength(2);
});

test('replay tells the same without a call', async () => {
  const before = model.stats().answered;
  const { code, out } = await run(synthesis, ['--replay', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ imported: 7, essences: 7, quarantined: 1 });
  expect(model.stats().answered).toBe(before);
});
