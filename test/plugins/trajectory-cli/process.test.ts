import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { KERNEL_BIN, PROJECT_NODE } from '../../support/boot-kernel.ts';
import { chat, jsonl } from './open-cli.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'trajectory-cli-'));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** The pipeline that ships, in a process of its own. */
function start(...argv: string[]) {
  const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', 'pipelines/trajectories.yaml', '--', ...argv], {
    env: { ...process.env, DATA_DIR: dir, DATABASE_URL: '', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  return { child, ended };
}
const done = (...argv: string[]) => start(...argv).ended;

test('facts of a file, and exit codes', { timeout: 60_000 }, async () => {
  const file = path.join(dir, 'few.jsonl');
  writeFileSync(file, jsonl([chat('a'), chat('b')]));
  const { code, out, err } = await done('facts', file, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{}, {}, { seen: 2, imported: 2 }]);
  const readme = path.join(dir, 'README.md');
  writeFileSync(readme, '# nothing\n');
  expect(await done('facts', readme, '--json')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^FORMAT_UNKNOWN: .*README\.md/),
  });
});

test('an import that is stopped or killed goes on where it was', { timeout: 120_000 }, async () => {
  const file = path.join(dir, 'many.jsonl');
  const runs = 12_000;
  writeFileSync(
    file,
    jsonl(Array.from({ length: runs }, (_, at) => chat(`many ${at}`, { text: `${at} `.repeat(300) }))),
  );
  const counted = async (): Promise<number> => {
    const stats = JSON.parse((await done('stats', 'find', '--json')).out) as { imported: { runs: number }[] };
    return stats.imported[0]?.runs ?? 0;
  };
  const stops: (NodeJS.Signals | number)[] = [];
  for (const [signal, ms] of [
    ['SIGINT', 900],
    ['SIGKILL', 1_100],
  ] as const) {
    const { child, ended } = start('import', file, '--json');
    await sleep(ms);
    child.kill(signal);
    const { code } = await ended;
    stops.push(code ?? signal);
  }
  const before = await counted();
  const last = await done('import', file, '--json');
  expect(last.code).toBe(0);
  const { seen, imported, duplicate } = JSON.parse(last.out);
  expect({ seen, sum: imported + duplicate }).toEqual({ seen: runs, sum: runs });
  // Every run is there once, those that were stored before the stops and those after.
  expect(await counted()).toBe(runs);
  expect(imported).toBe(runs - before);
  expect([0, 130]).toContain(stops[0]);
});
