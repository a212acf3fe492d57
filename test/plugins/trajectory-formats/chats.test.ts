import { expect, test } from 'vitest';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { fileOf, openFormats, readAll, toolSequence } from './reading.ts';

const formats = await openFormats();
async function read(record: unknown, name?: string): Promise<ImportedRun> {
  const { runs, bad, refused } = await readAll(formats, fileOf(JSON.stringify(record), name));
  expect([bad, refused, runs.length]).toEqual([[], [], 1]);
  return runs[0]!;
}

const call = (id: string, name: string, args: unknown) => ({
  id,
  type: 'function',
  function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
});

test('chat messages of OpenAI, with tools, parts, null and what else records have', async () => {
  const run = await read({
    id: 'chat-1',
    model: 'some-model',
    created_at: '2026-05-17T12:00:00Z',
    success: true,
    license: 'CC-BY-4.0',
    usage: { prompt_tokens: 10, completion_tokens: 2 },
    tools: [{ type: 'function', function: { name: 'get', description: 'Gets.', parameters: { type: 'object' } } }],
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'x' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'I look twice.',
        tool_calls: [call('a', 'get', { n: 1 }), call('b', 'mcp__files__read', 'not JSON')],
      },
      { role: 'tool', tool_call_id: 'b', content: 'second' },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'first' }] },
      { role: 'assistant', content: '', refusal: 'No.' },
    ],
  });
  expect(run).toMatchObject({
    format: 'openai-messages',
    key: 'chat-1',
    model: 'some-model',
    startedAt: Date.UTC(2026, 4, 17, 12),
    license: 'CC-BY-4.0',
    usage: { inputTokens: 10, outputTokens: 2 },
    outcome: { success: true, evidence: 'success' },
    request: 'What is it?\n[image]',
    toolDefinitions: [{ name: 'get', description: 'Gets.', inputSchema: { type: 'object' } }],
    counts: { messages: 6, user: 1, assistant: 2, toolCalls: 2, steps: 2 },
    reference: { labels: { id: 'chat-1' } },
  });
  expect(run.messages.slice(2)).toEqual([
    {
      role: 'assistant',
      text: '',
      reasoning: 'I look twice.',
      calls: [
        { id: 'a', tool: { name: 'get' }, args: { n: 1 } },
        { id: 'b', tool: { server: 'files', name: 'read' }, args: { input: 'not JSON' } },
      ],
    },
    { role: 'tool', text: 'second', answers: 'b' },
    { role: 'tool', text: 'first', answers: 'a' },
    { role: 'assistant', text: 'No.' },
  ]);
});

const OLD = [
  { role: 'user', content: 'Weather?' },
  { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{"city":"Bern"}' } },
  { role: 'function', name: 'weather', content: 'rain' },
  { role: 'assistant', content: 'It rains.' },
];
test.each([
  ['a record', { messages: OLD }],
  ['a bare list', OLD],
  ['messages in a string', { question: 'x', messages: JSON.stringify(OLD) }],
  ['another member', { conversation: OLD }],
])('old function calls in %s: results have no id, and are paired', async (_, value) => {
  const run = await read(value, 'old.json');
  expect([run.key, run.request, toolSequence(run)]).toEqual(['old.json', 'Weather?', ['weather']]);
  expect(run.messages[1]!.calls![0]!.id).toBe(run.messages[2]!.answers);
  expect(run.messages[1]!.calls![0]!.args).toEqual({ city: 'Bern' });
});

test('bare lists, one a line and in a list', async () => {
  const other = [{ role: 'user', content: 'Another one.' }];
  for (const content of [`${JSON.stringify(OLD)}\n${JSON.stringify(other)}\n`, JSON.stringify([OLD, other], null, 1)]) {
    const { runs, bad } = await readAll(formats, fileOf(content, 'lists.json'));
    expect(bad).toEqual([]);
    expect(runs.map(({ key, request }) => [key, request])).toEqual([
      ['lists.json#0', 'Weather?'],
      ['lists.json#1', 'Another one.'],
    ]);
  }
});

test("Anthropic's messages: calls, results and thoughts are parts of the content", async () => {
  const run = await read({
    system: 'Be brief.',
    tools: [{ name: 'get', description: 'Gets.', input_schema: { type: 'object' } }],
    messages: [
      { role: 'user', content: 'What is it?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'I look.', signature: 'x' },
          { type: 'text', text: 'One moment.' },
          { type: 'tool_use', id: 't1', name: 'get', input: { n: 1 } },
          { type: 'tool_use', id: 't2', name: 'get', input: { n: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'one' }] },
          { type: 'tool_result', tool_use_id: 't2', content: 'broken', is_error: true },
          { type: 'text', text: 'Go on.' },
        ],
      },
    ],
  });
  expect(run.messages).toEqual([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'What is it?' },
    {
      role: 'assistant',
      text: 'One moment.',
      reasoning: 'I look.',
      calls: [
        { id: 't1', tool: { name: 'get' }, args: { n: 1 } },
        { id: 't2', tool: { name: 'get' }, args: { n: 2 } },
      ],
    },
    { role: 'tool', text: 'one', answers: 't1' },
    { role: 'tool', text: 'broken', answers: 't2', error: true },
    { role: 'user', text: 'Go on.' },
  ]);
  expect(run.toolDefinitions).toEqual([{ name: 'get', description: 'Gets.', inputSchema: { type: 'object' } }]);
});

test.each([
  [{ reward: 1 }, { success: true, score: 1, evidence: 'reward' }],
  [{ reward: 0 }, { success: false, score: 0, evidence: 'reward' }],
  [{ score: 0.4 }, { success: null, score: 0.4, evidence: 'score' }],
  [{ success: 'failure' }, { success: false, evidence: 'success' }],
  [{ metadata: { resolved: true } }, { success: true, evidence: 'resolved' }],
  [{ success: 'unknown', exit_status: 'submitted' }, { success: null }],
])('an outcome that says %j', async (more, outcome) => {
  expect((await read({ messages: OLD, ...more })).outcome).toEqual(outcome);
});

test('ShareGPT: roles, calls as turns and in tags, thoughts', async () => {
  const run = await read({
    id: 's-1',
    system: 'Be brief.',
    tools: '[{"name":"get","description":"Gets.","parameters":{"type":"object"}}]',
    conversations: [
      { from: 'human', value: 'What is it?' },
      { from: 'gpt', value: '<think>\nI look.\n</think>\nOne moment.' },
      { from: 'function_call', value: '{"name":"get","arguments":{"n":1}}' },
      { from: 'observation', value: 'one' },
      {
        from: 'gpt',
        value:
          'More. <tool_call>\n{"name": "get", "arguments": {"n": 2}}\n</tool_call><tool_call>{"name":"put"}</tool_call>',
      },
      { from: 'tool', value: '<tool_response>\ntwo\n</tool_response>\n<tool_response>three</tool_response>' },
      { from: 'gpt', value: 'It is three.' },
    ],
  });
  expect([run.format, run.key, run.request]).toEqual(['sharegpt', 's-1', 'What is it?']);
  expect(run.toolDefinitions).toEqual([{ name: 'get', description: 'Gets.', inputSchema: { type: 'object' } }]);
  const one = { id: 'call_1', tool: { name: 'get' }, args: { n: 1 } };
  expect(run.messages).toEqual([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'What is it?' },
    { role: 'assistant', text: 'One moment.', reasoning: 'I look.', calls: [one] },
    { role: 'tool', text: 'one', answers: 'call_1' },
    {
      role: 'assistant',
      text: 'More.',
      calls: [
        { id: 'call_2', tool: { name: 'get' }, args: { n: 2 } },
        { id: 'call_3', tool: { name: 'put' }, args: {} },
      ],
    },
    { role: 'tool', text: 'two', answers: 'call_2' },
    { role: 'tool', text: 'three', answers: 'call_3' },
    { role: 'assistant', text: 'It is three.' },
  ]);
});
