import { expect, test } from 'vitest';
import type { Trajectory } from '#plugins/trajectory/api';
import { toNative } from '../../../plugins/trajectory/native-shape.ts';
import { fileOf, openFormats, readAll, toolSequence } from './reading.ts';

const formats = await openFormats();
const at = Date.UTC(2026, 4, 17, 12);

const message = (id: string, role: string, parts: object[]) =>
  ({ kind: 'message', turn: 1, at, output: { id, role, at, parts } }) as const;
const call = { call: 'c1', tool: 'weather/now', args: { city: 'Bern' } };
const recorded: Trajectory = {
  id: 'run-1',
  task: 'Weather?',
  agent: 'agent-1',
  model: 'model-1',
  startedAt: at,
  state: 'ended',
  steps: 8,
  end: {
    reason: 'done',
    success: true,
    answer: 'Rain.',
    at: at + 5_000,
    usage: { inputTokens: 10, outputTokens: 2, usd: 0.5 },
  },
  records: [
    message('m0', 'system', [{ type: 'text', text: 'Be brief.' }]),
    message('m1', 'user', [{ type: 'text', text: 'Weather?' }]),
    message('m2', 'assistant', [
      { type: 'reasoning', text: 'I look.' },
      { type: 'text', text: 'One moment.' },
      { type: 'tool', call: 'c1', name: 'weather/now', args: '{"city":"Bern"}', state: 'pending' },
    ]),
    { kind: 'thought', turn: 1, at, output: 'I look.' } as const,
    { kind: 'tool_selection', turn: 1, at, input: { call: 'c1' }, output: { selected_tool: 'weather/now' } } as const,
    { kind: 'tool_execution', turn: 1, at, input: call, phase: 'begun' } as const,
    {
      kind: 'tool_execution',
      turn: 1,
      at,
      input: call,
      phase: 'ended',
      output: { text: 'no such city' },
      success: false,
    } as const,
    message('m3', 'assistant', [{ type: 'text', text: 'Rain.' }]),
  ].map((step, index) => ({ ...step, index: index + 1 })),
};

test('what the project exports comes back: messages, calls with results, outcome', async () => {
  for (const content of [JSON.stringify(toNative(recorded)), JSON.stringify([toNative(recorded)], null, 2)]) {
    const { runs, bad } = await readAll(formats, fileOf(content));
    expect(bad).toEqual([]);
    const [run] = runs;
    expect(run).toMatchObject({
      format: 'native',
      key: 'run-1',
      agent: 'agent-1',
      model: 'model-1',
      startedAt: at,
      request: 'Weather?',
      outcome: { success: true, evidence: 'final_success', answer: 'Rain.' },
      usage: { inputTokens: 10, outputTokens: 2, usd: 0.5 },
    });
    expect(toolSequence(run!)).toEqual(['weather/now']);
    expect(run!.messages.map(({ at: _, ...each }) => each)).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Weather?' },
      {
        role: 'assistant',
        text: 'One moment.',
        reasoning: 'I look.',
        calls: [{ id: 'c1', tool: { server: 'weather', name: 'now' }, args: { city: 'Bern' } }],
      },
      { role: 'tool', text: 'no such city', answers: 'c1', error: true },
      { role: 'assistant', text: 'Rain.' },
    ]);
  }
});

test('a run that goes on is the same session', async () => {
  const { end: _, ...open } = recorded;
  const running = toNative({ ...open, state: 'running', records: recorded.records.slice(0, 3) });
  const { runs } = await readAll(
    formats,
    fileOf(`${JSON.stringify(running)}\n${JSON.stringify(toNative(recorded))}\n`),
  );
  expect(runs.map(({ session, outcome }) => [session, outcome.success])).toEqual([
    ['native:run-1', null],
    ['native:run-1', true],
  ]);
  expect(runs[0]!.id).not.toBe(runs[1]!.id);
});

/** As the project's documents have them. */
const collection = [
  {
    trajectory_id: 'traj_1',
    user_query: 'Plot the data',
    final_success: false,
    steps: [
      {
        step_type: 'scenario_identification',
        step_index: 1,
        input_data: { user_query: 'Plot the data' },
        output_data: { identified_scenario: 'data_analysis', confidence_score: 0.9 },
        success: true,
      },
      {
        step_type: 'task_decomposition',
        step_index: 2,
        input_data: {},
        output_data: { subtasks: ['a'] },
        success: true,
      },
      {
        step_type: 'toolkit_selection',
        step_index: 3,
        input_data: { available_toolkits: ['python'] },
        output_data: { selected_toolkit: 'python', selection_reasoning: 'It plots.' },
        llm_interaction: { prompt: 'p', response: 'r', model: 'm' },
        success: true,
      },
      {
        step_type: 'tool_selection',
        step_index: 4,
        input_data: {},
        output_data: { selected_tool: 'run' },
        success: true,
      },
      {
        step_type: 'tool_execution',
        step_index: 5,
        input_data: { tool_name: 'python', action: 'run', parameters: { code: '1' }, tool_type: 'mcp_server' },
        output_data: { execution_result: { value: 1 }, success: true, error_message: null },
        success: true,
        timestamp: '2026-05-17T12:00:00',
      },
      {
        step_type: 'tool_execution',
        step_index: 6,
        input_data: { tool_name: 'files/read', parameters: { path: 'x' } },
        output_data: { execution_result: null, success: false, error_message: 'no such file' },
        success: false,
      },
    ],
  },
];

test.each([
  ['a list', collection],
  ['an object with the list', { trajectories: collection }],
  ['the run alone', collection[0]],
])('steps in five kinds, in %s', async (_, value) => {
  const { runs, bad, refused } = await readAll(
    formats,
    fileOf(JSON.stringify(value, null, 2), 'trajectories_collection.json'),
  );
  expect([bad, refused]).toEqual([[], []]);
  const [run] = runs;
  expect(run).toMatchObject({
    key: 'traj_1',
    request: 'Plot the data',
    outcome: { success: false },
    counts: { steps: 6 },
  });
  expect(run!.session).toBeUndefined();
  expect(toolSequence(run!)).toEqual(['python/run', 'files/read']);
  const said = run!.messages.map(({ role, text, reasoning, error }) => [role, reasoning ?? text, error]);
  expect(said).toEqual([
    ['user', 'Plot the data', undefined],
    ['assistant', 'scenario_identification: {"identified_scenario":"data_analysis","confidence_score":0.9}', undefined],
    ['assistant', 'task_decomposition: {"subtasks":["a"]}', undefined],
    ['assistant', 'toolkit_selection: {"selected_toolkit":"python"}\nIt plots.', undefined],
    ['assistant', 'tool_selection: {"selected_tool":"run"}', undefined],
    ['assistant', '', undefined],
    ['tool', '{"value":1}', false],
    ['assistant', '', undefined],
    ['tool', 'no such file', true],
  ]);
});
