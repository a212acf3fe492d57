import { expect, test } from 'vitest';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { fileOf, openFormats, readAll, toolSequence } from './reading.ts';

const formats = await openFormats();
async function read(record: unknown): Promise<readonly ImportedRun[]> {
  const { runs, bad, refused } = await readAll(formats, fileOf(JSON.stringify(record)));
  expect([bad, refused]).toEqual([[], []]);
  return runs;
}
const turn = (role: string, ...parts: object[]) => ({ id: `m-${role}`, role, parts });

test('messages of a page, as the AI SDK keeps them: calls are parts, with what came of them', async () => {
  const messages = [
    turn('user', { type: 'text', text: 'Which day is it there?' }),
    turn(
      'assistant',
      { type: 'step-start' },
      { type: 'reasoning', text: 'Where is there?' },
      { type: 'text', text: 'I look.' },
      {
        type: 'tool-place',
        toolCallId: 'a',
        state: 'output-available',
        input: { of: 'user' },
        output: { city: 'Apia' },
      },
      {
        type: 'dynamic-tool',
        toolName: 'clock',
        toolCallId: 'b',
        state: 'output-error',
        input: {},
        errorText: 'no such zone',
      },
      { type: 'step-start' },
      { type: 'text', text: 'Once more.' },
      {
        type: 'tool-invocation',
        toolInvocation: {
          toolName: 'clock',
          toolCallId: 'c',
          state: 'result',
          args: { zone: 'Apia' },
          result: 'Sunday',
        },
      },
      { type: 'text', text: 'Sunday.' },
      { type: 'tool-note', toolCallId: 'd', state: 'input-streaming', input: { day: 0 } },
    ),
  ];
  for (const record of [messages, { id: 'x', messages }]) {
    const [run] = await read(record);
    expect(run!.format).toBe('openai-messages');
    expect(toolSequence(run!)).toEqual(['place', 'clock', 'clock', 'note']);
    expect(run!.messages).toEqual([
      { role: 'user', text: 'Which day is it there?' },
      {
        role: 'assistant',
        text: 'I look.',
        reasoning: 'Where is there?',
        calls: [
          { id: 'a', tool: { name: 'place' }, args: { of: 'user' } },
          { id: 'b', tool: { name: 'clock' }, args: {} },
        ],
      },
      { role: 'tool', text: '{"city":"Apia"}', answers: 'a', error: false },
      { role: 'tool', text: 'no such zone', answers: 'b', error: true },
      { role: 'assistant', text: 'Once more.', calls: [{ id: 'c', tool: { name: 'clock' }, args: { zone: 'Apia' } }] },
      { role: 'tool', text: 'Sunday', answers: 'c', error: false },
      { role: 'assistant', text: 'Sunday.', calls: [{ id: 'd', tool: { name: 'note' }, args: { day: 0 } }] },
    ]);
  }
});

test('messages of parts as the GenAI conventions have them, without a trace around them', async () => {
  const [run] = await read([
    { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', content: 'Weather in Lima?' }] },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 't1', name: 'weather', arguments: { city: 'Lima' } }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 't1', response: { sky: 'grey' } }] },
    { role: 'assistant', parts: [{ type: 'text', content: 'Grey.' }], finish_reason: 'stop' },
  ]);
  expect(run!.messages).toEqual([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Weather in Lima?' },
    { role: 'assistant', text: '', calls: [{ id: 't1', tool: { name: 'weather' }, args: { city: 'Lima' } }] },
    { role: 'tool', text: '{"sky":"grey"}', answers: 't1' },
    { role: 'assistant', text: 'Grey.' },
  ]);
});

test('calls written as Python beside the content, results line by line, tools in the system message', async () => {
  const [run] = await read({
    id: 'p',
    messages: [
      {
        role: 'system',
        content: 'Call functions.',
        function_calls: null,
        functions: JSON.stringify([{ name: 'geo.find', parameters: { type: 'object' } }]),
      },
      { role: 'user', content: 'Two places.', function_calls: null, functions: null },
      {
        role: 'assistant',
        content: null,
        function_calls: `geo.find(name="São (Paulo), it's", n=2, near=[1.5, {'a': None}], exact=True)\nstop( )`,
      },
      { role: 'environment', content: '{"at": 1}\n{"done": true}', function_calls: null },
      { role: 'assistant', content: null, function_calls: 'broken(x=' },
      { role: 'environment', content: 'no\nsuch\ncall', function_calls: null },
      { role: 'assistant', content: 'Done.', function_calls: null },
    ],
  });
  expect(run!.toolDefinitions).toEqual([{ name: 'geo.find', inputSchema: { type: 'object' } }]);
  const calls = run!.messages.flatMap((message) => message.calls ?? []);
  expect(calls.map(({ tool, args }) => [tool.name, args])).toEqual([
    ['geo.find', { name: "São (Paulo), it's", n: 2, near: [1.5, { a: null }], exact: true }],
    ['stop', {}],
    ['broken', { input: 'broken(x=' }],
  ]);
  expect(run!.messages.filter(({ role }) => role === 'tool').map(({ text, answers }) => [text, answers])).toEqual([
    ['{"at": 1}', calls[0]!.id],
    ['{"done": true}', calls[1]!.id],
    ['no\nsuch\ncall', calls[2]!.id],
  ]);
});

test('runs of one task are told apart by their own ids', async () => {
  const messages = [{ role: 'user', content: 'Mend it.' }];
  const runs = await read([
    { instance_id: 'a-1', trajectory_id: 't-1', messages },
    { instance_id: 'a-1', trajectory_id: 't-2', messages },
    { instance_id: 'a-1', traj_id: 'u-1', messages },
    { instance_id: 'a-1', messages },
  ]);
  expect(runs.map(({ key, task }) => [key, task])).toEqual([
    ['a-1/t-1', 'a-1'],
    ['a-1/t-2', 'a-1'],
    ['a-1/u-1', 'a-1'],
    ['a-1', 'a-1'],
  ]);
  expect(new Set(runs.map(({ id }) => id)).size).toBe(4);
});
