import { expect, test } from 'vitest';
import { runsOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

test('steps become messages, results the answers of their calls, embedded sub-agents runs of their own', async () => {
  const [run, sub] = await runsOf('atif-1.8.json');
  expect(run).toMatchObject({
    format: 'atif',
    key: 'traj-7',
    agent: 'harness',
    model: 'model-a',
    request: 'Where is the library?\n[image]',
    startedAt: Date.UTC(2026, 1, 3, 4, 5, 6, 789),
    outcome: { success: true, score: 1, evidence: 'extra.reward' },
    usage: { inputTokens: 250, outputTokens: 30, usd: 0.03 },
    toolDefinitions: [{ name: 'search', description: 'Searches.', inputSchema: { type: 'object' } }],
    counts: { steps: 5 },
    reference: { continued_trajectory_ref: 'part-2.json' },
  });
  expect(run!.messages.map(told)).toEqual([
    'system: Be brief.',
    '(demo) user: Earlier question',
    'user: Where is the library?\n[image]',
    'assistant:  {I should search.} > c1 maps/find {"q":"library"} > c2 delegate {}',
    'tool c1 fine: Main Street',
    'tool c2: [subagent traj-7-sub]',
    'assistant: On Main Street.',
  ]);
  expect(sub).toMatchObject({ key: 'traj-7-sub', agent: 'helper', request: 'Look it up.', counts: { messages: 2 } });
});

const minimal = { schema_version: 'ATIF-v1.0', session_id: 's', agent: { name: 'a', version: '1' } };
const read = async (value: object) => readAll(await openFormats(), fileOf(JSON.stringify(value), 'trajectory.json'));

test.each(['ATIF-v1.0', 'ATIF-v1.4', 'ATIF-v1.7', 'ATIF-v1.8'])('%s is read', async (schema_version) => {
  const { runs } = await read({ ...minimal, schema_version, steps: [{ step_id: 1, source: 'user', message: 'Hi' }] });
  expect(runs.map(({ key, request }) => [key, request])).toEqual([['s', 'Hi']]);
});

test('a bare version, and an agent without a name', async () => {
  const steps = [{ step_id: 1, source: 'user', message: 'Hi' }];
  const { runs } = await read({ schema_version: '1.4', session_id: 's', agent: { model: 'm' }, steps });
  expect(runs).toMatchObject([{ key: 's', format: 'atif', request: 'Hi' }]);
  expect((await read({ ...minimal, agent: null, steps })).bad).toEqual([]);
});

test('what is wrong in a record is named', async () => {
  const { bad } = await read({ ...minimal, steps: [{ step_id: 1, source: 'robot', message: 'Hi' }] });
  expect(bad[0]!.reason).toMatch(/^atif: steps\[0\]\.source: /);
});

test('what a file claims to be kept of this project is checked like the rest of it', async () => {
  const extra = { datapresso: { key: 'k', request: 'r', outcome: { success: 'yes' }, counts: {} } };
  const { bad } = await read({ ...minimal, steps: [{ step_id: 1, source: 'user', message: 'Hi' }], extra });
  expect(bad[0]!.reason).toMatch(/^atif: extra\.datapresso\.outcome\.success: /);
});
