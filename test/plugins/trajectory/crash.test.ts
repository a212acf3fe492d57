import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openBench } from './open-trajectory.ts';
import { outputOf } from './recorded-output.ts';

const KILLS = 20;
const { here, open } = openBench();
const RECORD = path.join(import.meta.dirname, 'record-forever.ts');

const killing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const kill of killing.splice(0)) await kill();
});

/** Another process that records into the same folder. */
function record(name: string) {
  const child = spawn(process.execPath, [RECORD, here.data, here.dir, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  killing.push(kill);
  const lines = (): string[] =>
    said
      .slice(0, said.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.includes(' '));
  return {
    lines,
    kill,
    ready: () => expect.poll(() => said, { timeout: 15_000 }).toContain('ready'),
    recording: () => expect.poll(() => lines().length, { timeout: 15_000 }).toBeGreaterThan(0),
  };
}

/** Every step that was acknowledged is there, none is torn, and no text is another. */
async function verify({ trajectories }: Awaited<ReturnType<typeof open>>, acknowledged: readonly string[]) {
  const most = new Map<string, number | 'end'>();
  for (const line of acknowledged) {
    const [run = '', index] = line.split(' ');
    most.set(run, index === 'end' ? 'end' : Number(index));
  }
  const wrong: string[] = [];
  let steps = 0;
  for (const summary of await trajectories.list()) {
    const run = await trajectories.get(summary.id);
    steps += run.records.length;
    const saved = most.get(run.id);
    most.delete(run.id);
    if (run.records.length < (saved === 'end' ? 40 : (saved ?? 0)))
      wrong.push(`${run.id} has ${run.records.length}, not ${saved}`);
    if (saved === 'end' && run.state !== 'ended') wrong.push(`${run.id} is ${run.state}`);
    run.records.forEach(({ index, output }, at) => {
      if (index !== at + 1) wrong.push(`${run.id}: ${index} stands at ${at + 1}`);
      if (JSON.stringify(output) !== JSON.stringify(outputOf(run.id, index)))
        wrong.push(`${run.id} ${index} says something else`);
    });
  }
  expect(wrong).toEqual([]);
  expect([...most.keys()], 'runs that are missing').toEqual([]);
  return steps;
}

test(`after ${KILLS} kills at any moment every acknowledged step is there`, { timeout: 120_000 }, async () => {
  const acknowledged: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = record(`k${kill}`);
    await child.ready();
    await sleep(5 + Math.random() * 120);
    await child.kill();
    acknowledged.push(...child.lines());
  }
  const opened = await open();
  const steps = await verify(opened, acknowledged);
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  // Each call counted once, whoever counted it and however often that was interrupted.
  expect(await opened.trajectories.statistics()).toMatchObject([{ tool: 'tool', calls: steps, successes: steps }]);
  expect(await opened.trajectories.list({ state: 'running' })).toEqual([]);
  const [interrupted] = await opened.trajectories.list({ state: 'interrupted', limit: 1 });
  const again = await opened.trajectories.resume(interrupted!.id);
  again.step({ kind: 'state', turn: 1, at: 1, input: { what: 'resumed' } });
  await again.finish({ reason: 'done', at: 2 });
  expect((await opened.trajectories.get(again.id)).records.at(-1)).toMatchObject({ index: interrupted!.steps + 1 });
});

test('three processes record, read and count in one folder at the same time', { timeout: 60_000 }, async () => {
  const opened = await open({ indexDelayMs: 20 });
  const children = [record('a'), record('b')];
  const mine = await opened.trajectories.open({ id: 'mine', task: 't', agent: 'a', model: 'm', startedAt: 1 });
  for (const child of children) await child.recording();
  const seen = new Set<string>();
  for (let n = 1; n <= 40; n++) {
    mine.step({
      kind: 'tool_execution',
      turn: n,
      at: 1,
      input: { tool: 'tool' },
      output: outputOf('mine', n),
      success: true,
    });
    await mine.settled();
    await opened.trajectories.statistics();
    const running = await opened.trajectories.list({ state: 'running' });
    for (const { id } of running) seen.add(id.slice(0, 1));
    const other = running.find(({ id }) => id !== 'mine');
    if (n % 10 > 0 || other === undefined) continue;
    await expect(opened.trajectories.resume(other.id)).rejects.toMatchObject({
      code: expect.stringMatching(/^TRAJECTORY_(?:BUSY|CLOSED)$/),
    });
  }
  expect([...seen].sort()).toEqual(['a', 'b', 'm']);
  for (const child of children) await child.kill();
  await mine.finish({ reason: 'done', at: 1 });
  const steps = await verify(opened, [...children.flatMap((child) => child.lines()), 'mine end']);
  expect(await opened.trajectories.statistics()).toMatchObject([{ calls: steps }]);
});
