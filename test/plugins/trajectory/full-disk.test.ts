import { spawn, spawnSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { openBench, start, thought } from './open-trajectory.ts';

const { here, open } = openBench();

/** No file can be made in a folder any more, as on a disk without space; the undo makes room. */
function fillDisk(folder: 'segments' | 'packs'): () => void {
  const full = path.join(here.dir, folder);
  renameSync(full, `${full}-there`);
  writeFileSync(full, '');
  return () => {
    rmSync(full);
    renameSync(`${full}-there`, full);
  };
}

test('a disk that takes nothing shows in settled and in the health, and steps wait for room', async () => {
  const { trajectories, health, lines } = await open({ retryMs: 30 });
  const first = await trajectories.open(start('r-1'));
  const makeRoom = fillDisk('packs');
  const refused = { code: 'TRAJECTORY_NOT_SAVED', kind: 'unavailable' };
  // A long text goes to a pack, of which there is none yet.
  await expect(trajectories.open(start('r-2', { task: 'x'.repeat(2_000) }))).rejects.toMatchObject(refused);
  first.step(thought('waits too'));
  await expect(first.settled()).rejects.toMatchObject(refused);
  expect(health()).toMatchObject({ ok: false, detail: { problem: expect.stringContaining('could not be written') } });
  // Reading goes on.
  expect(await trajectories.list()).toMatchObject([{ id: 'r-1', state: 'running' }]);
  makeRoom();
  await vi.waitFor(() => expect(health().ok).toBe(true));
  expect((await trajectories.get('r-1')).records).toHaveLength(1);
  // Nobody got the run that could not be opened.
  expect(await trajectories.list({ state: 'interrupted' })).toMatchObject([{ id: 'r-2', task: 'x'.repeat(2_000) }]);
  expect(lines).toEqual([]);
});

test('steps that could not be written are written later, in order and once', async () => {
  const { trajectories, health } = await open({ retryMs: 20, segmentMb: 1 });
  const run = await trajectories.open(start('r-1'));
  // Fills the segment, so that the next line needs a new one.
  run.step({ kind: 'state', turn: 1, at: 1, input: { many: Array.from({ length: 3_000 }, () => 'x'.repeat(500)) } });
  await run.settled();
  const makeRoom = fillDisk('segments');
  for (let n = 2; n <= 6; n++) {
    run.step({ kind: 'thought', turn: n, at: 1, output: `${n}` });
    await expect(run.settled()).rejects.toMatchObject({ code: 'TRAJECTORY_NOT_SAVED' });
  }
  expect(health().ok).toBe(false);
  makeRoom();
  await vi.waitFor(() => run.settled());
  expect(health().ok).toBe(true);
  await run.finish({ reason: 'done', at: 1 });
  const { records } = await trajectories.get('r-1');
  expect(records.map(({ index, turn }) => [index, turn])).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, n]));
});

const prlimit = spawnSync('prlimit', ['--version']).status === 0;
if (!prlimit) console.warn('prlimit is not installed: what a write that is cut short leaves is not tested');

test.skipIf(!prlimit)('a write that the system cuts short leaves nothing torn and nothing twice', async () => {
  const script = path.join(import.meta.dirname, 'record-until-full.ts');
  const child = spawn('prlimit', ['--fsize=1500000:unlimited', process.execPath, script, here.data, here.dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/full TRAJECTORY_NOT_SAVED false\n/);
    expect(spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']).status).toBe(0);
    child.stdin.end('go on\n');
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
  const steps = Number(/all (\d+)\n/.exec(said)?.[1]);
  const { trajectories, health } = await open();
  const { records, state } = await trajectories.get('r-1');
  expect([state, records.length]).toEqual(['ended', steps]);
  const wrong = records.filter(({ index, output }, at) => index !== at + 1 || output !== `${index} `.repeat(100));
  expect(wrong).toEqual([]);
  expect(await trajectories.statistics()).toMatchObject([{ calls: steps }]);
  expect(health().detail).not.toHaveProperty('torn');
});

test('what cannot be written by the end is told, and the run is interrupted', async () => {
  const { trajectories, lines, close } = await open({ segmentMb: 1 });
  const run = await trajectories.open(start('r-1'));
  run.step({ kind: 'state', turn: 1, at: 1, input: { many: Array.from({ length: 3_000 }, () => 'x'.repeat(500)) } });
  await run.settled();
  fillDisk('segments');
  run.step(thought('lost'));
  const waiting = expect(run.settled()).rejects.toMatchObject({ code: 'TRAJECTORY_NOT_SAVED' });
  await close();
  await waiting;
  expect(lines).toMatchObject([
    { level: 'error', sentence: 'lines could not be written and are lost', fields: { lines: 2 } },
  ]);
});
