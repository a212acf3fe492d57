import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Part } from '#plugins/context/api';
import { TRAJECTORIES, type Trajectories } from '#plugins/trajectory/api';
import { forever, type Opened, openSynthesis } from './open-synthesis.ts';

let at: Opened | undefined;
afterEach(() => at?.close());

async function record(trajectories: Trajectories, id: string, task: string): Promise<void> {
  const run = await trajectories.open({ id, task, agent: 'agent', model: 'model', startedAt: Date.now() });
  let count = 0;
  const message = (role: 'user' | 'assistant', ...parts: readonly Part[]) =>
    run.step({
      kind: 'message',
      turn: 0,
      at: Date.now(),
      output: { id: `${id}-${++count}`, role, at: Date.now(), parts },
    });
  const call = { type: 'tool', call: `${id}-call`, name: 'weather__forecast', args: '{"city":"Oslo"}' } as const;
  message('user', { type: 'text', text: task });
  message('assistant', { ...call, state: 'done', output: 'rain' });
  for (const phase of ['begun', 'ended'] as const)
    run.step({
      kind: 'tool_execution',
      turn: 1,
      at: Date.now(),
      phase,
      input: { call: `${id}-call`, tool: 'weather/forecast', args: { city: 'Oslo' } },
      ...(phase === 'ended' && { output: { text: 'rain' }, success: true, durationMs: 5 }),
    });
  message('assistant', { type: 'text', text: 'It rains.' });
  await run.finish({ reason: 'done', success: true, answer: 'It rains.', at: Date.now() });
}

test('runs that agents recorded here become seeds, each once', async () => {
  let trajectories: Trajectories | undefined;
  at = await openSynthesis({
    trajectory: true,
    ready: (get) => {
      trajectories = get(TRAJECTORIES);
    },
  });
  await record(trajectories!, 'run-1', 'Tell me whether I need an umbrella in Oslo on Friday evening.');
  const first = await at.synthesis.once([], { ...forever(), recorded: true });
  expect(first).toMatchObject({ seen: 1, imported: 1, duplicate: 0, essences: 1 });
  const [essence] = at.essences();
  expect(essence).toMatchObject({ success: true, tools: ['weather/forecast'] });
  await record(trajectories!, 'run-2', 'Find the cheapest train from Graz to Riga for three people.');
  const second = await at.synthesis.once([], { ...forever(), recorded: true });
  expect(second).toMatchObject({ seen: 2, imported: 1, duplicate: 1, essences: 2 });
  expect(at.lines<{ key: string }>('clusters.jsonl').map(({ key }) => key)).toEqual(['run-1', 'run-2']);
  expect(path.basename(at.dir)).toContain('synthesis');
});

test('without a recorder it says what to add', async () => {
  at = await openSynthesis();
  await expect(at.synthesis.once([], { ...forever(), recorded: true })).rejects.toMatchObject({
    code: 'SERVICE_ABSENT',
  });
});
