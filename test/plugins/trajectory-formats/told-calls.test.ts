import fc from 'fast-check';
import { expect, test } from 'vitest';
import { told } from './fixtures.ts';
import { fileOf, openFormats, readAll, toolSequence } from './reading.ts';

const formats = await openFormats();

async function messagesOf(record: unknown): Promise<string[]> {
  const { runs, bad, refused } = await readAll(formats, fileOf(JSON.stringify(record), 'run.json'));
  expect({ bad, refused }).toEqual({ bad: [], refused: [] });
  return runs[0]!.messages.map(told);
}

const asked = { role: 'user', content: 'Find it.' };

test('calls in tags, as JSON or as the repr of Python, and results in tags', async () => {
  const call =
    "<tool_call>\n{'name': 'find', 'arguments': {'what': \"it's\", 'deep': True, 'n': [1, None]}}\n</tool_call>";
  const messages = [
    asked,
    { role: 'assistant', content: `I look. ${call}\n<tool_call>{"name": "ask", "arguments": "{}"}</tool_call>` },
    { role: 'user', content: '<tool_response>\none\n</tool_response>\n<tool_response>two</tool_response>' },
    { role: 'assistant', content: 'Done.' },
  ];
  const expected = [
    'user: Find it.',
    'assistant: I look. > call_1 find {"what":"it\'s","deep":true,"n":[1,null]} > call_2 ask {}',
    'tool call_1: one',
    'tool call_2: two',
    'assistant: Done.',
  ];
  expect(await messagesOf({ messages })).toEqual(expected);
  const from: Record<string, string> = { user: 'human', assistant: 'gpt' };
  const conversations = messages.map(({ role, content }, index) => ({
    from: index === 2 ? 'tool' : from[role],
    value: content,
  }));
  expect(await messagesOf({ conversations })).toEqual(expected);
});

test('calls as functions with parameters, whose results stand under the name of the user', async () => {
  const call = '<function=run>\n<parameter=command>\nls -l\n</parameter>\n</function>';
  expect(
    await messagesOf([
      asked,
      { role: 'assistant', content: `Look.\n${call}` },
      { role: 'user', content: 'EXECUTION RESULT of [run]:\nfile' },
      { role: 'assistant', content: '<function=finish>\n' },
    ]),
  ).toEqual([
    'user: Find it.',
    'assistant: Look. > call_1 run {"command":"ls -l"}',
    'tool call_1: EXECUTION RESULT of [run]:\nfile',
    'assistant:  > call_2 finish {}',
  ]);
});

test('calls as action and input', async () => {
  const conversations = [
    { from: 'user', value: 'Find it.' },
    { from: 'assistant', value: '\nThought: I look.\nAction: find\nAction Input: {\n "what": "it"\n}' },
    { from: 'function', value: 'found' },
    { from: 'assistant', value: 'It is there.' },
  ];
  expect(await messagesOf({ conversations })).toEqual([
    'user: Find it.',
    'assistant: I look. > call_1 find {"what":"it"}',
    'tool call_1: found',
    'assistant: It is there.',
  ]);
});

test('calls as messages of their own, as JSON or as they are', async () => {
  expect(
    await messagesOf([
      asked,
      { role: 'tool_call', content: '{"name": "find", "arguments": {"what": "it"}}' },
      { role: 'tool_response', content: 'found' },
    ]),
  ).toEqual(['user: Find it.', 'assistant:  > call_1 find {"what":"it"}', 'tool call_1: found']);
  const conversations = [
    { from: 'human', value: 'Find it.' },
    { from: 'function_call', value: { name: 'find', arguments: { what: 'it' } } },
  ];
  expect(await messagesOf({ conversations })).toEqual(['user: Find it.', 'assistant:  > call_1 find {"what":"it"}']);
});

test.each([
  'Write <tool_call> and </tool_call> around it.',
  'A tag is <tool_call>{"no": "name"}</tool_call>, you see.',
  'Say\nAction: something\nAction Input: nothing of the kind',
  'A function is <function = x>.',
])('what only speaks of calls has none: %j', async (content) => {
  const [, answer] = await messagesOf([asked, { role: 'assistant', content }]);
  expect(answer).toBe(`assistant: ${content}`);
});

test('results that nobody asked for by text stay what the user said', async () => {
  const chat = [asked, { role: 'assistant', content: 'And?' }, { role: 'user', content: 'Observation: it rains' }];
  expect(await messagesOf(chat)).toContain('user: Observation: it rains');
});

test("parts of the AI SDK's messages, of both its generations", async () => {
  const call = (toolCallId: string, more: object): object => ({
    type: 'tool-call',
    toolCallId,
    toolName: 'find',
    ...more,
  });
  const result = (toolCallId: string, more: object): object => ({
    type: 'tool-result',
    toolCallId,
    toolName: 'find',
    ...more,
  });
  expect(
    await messagesOf([
      asked,
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Look.' }, call('a', { args: { n: 1 } }), call('b', { input: { n: 2 } })],
      },
      {
        role: 'tool',
        content: [
          result('a', { result: { found: 1 }, isError: false }),
          result('b', { output: { type: 'error-text', value: 'gone' } }),
        ],
      },
    ]),
  ).toEqual([
    'user: Find it.',
    'assistant: Look. > a find {"n":1} > b find {"n":2}',
    'tool a fine: {"found":1}',
    'tool b error: gone',
  ]);
});

test("items of OpenAI's Responses API: a list, or a request with its answer", async () => {
  const call = { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{"what":"it"}' };
  const found = { type: 'function_call_output', call_id: 'c1', output: 'found' };
  const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Done.' }] };
  const expected = ['user: Find it.', 'assistant:  > c1 find {"what":"it"}', 'tool c1: found', 'assistant: Done.'];
  expect(await messagesOf([asked, call, found, said])).toEqual(expected);
  expect(await messagesOf({ model: 'm', input: [asked, call, found], output: [said] })).toEqual(expected);
  expect(await messagesOf({ input: 'Find it.', output: [call] })).toEqual(expected.slice(0, 2));
});

test("contents of Gemini's API", async () => {
  const record = {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Find it.' }] },
      {
        role: 'model',
        parts: [{ text: 'Hm.', thought: true }, { functionCall: { name: 'find', args: { what: 'it' } } }],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'find', response: { result: 'found' } } }] },
      { role: 'model', parts: [{ text: 'Done.' }] },
    ],
    tools: [{ functionDeclarations: [{ name: 'find', parameters: { type: 'object' } }] }],
  };
  expect(await messagesOf(record)).toEqual([
    'system: Be brief.',
    'user: Find it.',
    'assistant:  {Hm.} > call_1 find {"what":"it"}',
    'tool call_1: found',
    'assistant: Done.',
  ]);
  const { runs } = await readAll(formats, fileOf(JSON.stringify(record)));
  expect(runs[0]!.toolDefinitions).toEqual([{ name: 'find', inputSchema: { type: 'object' } }]);
});

test('whole numbers that a double does not hold keep their digits', async () => {
  const run = (id: string): string =>
    `{"id":${id},"messages":[{"role":"user","content":"x 1234567890123456789"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"find","arguments":"{\\"id\\":${id}}"}}]}]}`;
  const { runs } = await readAll(formats, fileOf(['9007199254740993', '9007199254740992', '5'].map(run).join('\n')));
  expect(runs.map(({ key, messages }) => [key, messages[1]!.calls![0]!.args.id])).toEqual([
    ['9007199254740993', '9007199254740993'],
    ['9007199254740992', 9007199254740992],
    ['5', 5],
  ]);
  expect(new Set(runs.map(({ id }) => id)).size).toBe(3);
  expect(runs.map(toolSequence)).toEqual([['find'], ['find'], ['find']]);
});

const called = async (calls: readonly string[]): Promise<unknown[]> => {
  const lines = calls.map((call, n) =>
    JSON.stringify({ id: n, conversations: [{ from: 'function_call', value: call }] }),
  );
  const { runs } = await readAll(formats, fileOf(`${lines.join('\n')}\n`));
  return runs.map(({ messages }) => messages[0]!.calls![0]);
};

test('the repr of Python says what JSON says', async () => {
  const asRepr = (json: string): string =>
    json
      .split(/("(?:[^"\\]|\\.)*")/)
      .map((part, at) =>
        at % 2 === 1 ? part : part.replace(/true/g, 'True').replace(/false/g, 'False').replace(/null/g, 'None'),
      )
      .join('');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }), async (values) => {
      const calls = values.map((value) => JSON.stringify({ name: 'find', arguments: { value } }));
      // A quote around the name that JSON does not have, so that it is no JSON.
      const reprs = calls.map((call) => asRepr(call).replace('"name"', "'name'"));
      expect(await called(reprs)).toEqual(await called(calls));
    }),
    { numRuns: 20 },
  );
});

test.each(['{', "{'name'", "{'name': }", "['name' 'find']", "{'name': 'find'} x", '('.repeat(5000), "{'name': 'find"])(
  'what is no repr is a call of no tool: %j',
  async (text) => {
    expect(await called([text])).toEqual([{ id: 'call_1', tool: { name: '' }, args: { input: text } }]);
  },
);
