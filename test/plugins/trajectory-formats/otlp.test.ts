import { expect, test } from 'vitest';
import { linesOf, runOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const WEATHER = [
  'system: Be kind.',
  'user: Rain in Oslo?',
  'assistant:  {Ask.} > k1 forecast {"city":"Oslo"}',
  expect.stringMatching(/^tool k1 fine: \{"rain": ?true\}$/),
  'assistant: Yes, take a coat.',
];

test('a conversation by the GenAI conventions, whose spans came out of order and in several requests', async () => {
  const run = await runOf('otlp-genai.jsonl');
  expect(run).toMatchObject({
    format: 'otlp',
    key: 'conv-1',
    agent: 'weather',
    model: 'm-1',
    request: 'Rain in Oslo?',
    outcome: { success: null, answer: 'Yes, take a coat.' },
    // A span that was exported twice counts once.
    usage: { inputTokens: 60, outputTokens: 11 },
  });
  expect(run.messages.map(told)).toEqual(WEATHER);
});

test('the order of requests and spans, and how they are packed, makes no other run of it', async () => {
  const run = await runOf('otlp-genai.jsonl');
  const formats = await openFormats();
  const requests = linesOf('otlp-genai.jsonl').map((line) => JSON.parse(line) as { resourceSpans: unknown[] });
  const whole = JSON.stringify({ resourceSpans: requests.flatMap(({ resourceSpans }) => resourceSpans) }, null, 2);
  const turned = [...requests]
    .reverse()
    .map((one) => JSON.stringify(one))
    .join('\n');
  for (const file of [fileOf(whole, 'trace.json'), fileOf(turned), fileOf(JSON.stringify(requests), 'list.json')])
    expect((await readAll(formats, file)).runs.map(({ id }) => id)).toEqual([run.id]);
});

test("OpenInference's flattened attributes", async () => {
  const run = await runOf('openinference.json');
  expect(run).toMatchObject({
    key: 'b'.repeat(32),
    agent: 'adder',
    model: 'm-2',
    usage: { inputTokens: 11, outputTokens: 2 },
    toolDefinitions: [{ name: 'add', inputSchema: { type: 'object' } }],
  });
  expect(run.messages.map(told)).toEqual([
    'system: Help.',
    'user: Add 2 and 3.',
    'assistant:  > x1 add {"a":2,"b":3}',
    'tool x1 error: overflow',
  ]);
});

const string = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const span = (id: string, parent: string, start: number, attributes: object[]): object => ({
  traceId: 't',
  spanId: id,
  parentSpanId: parent,
  name: id,
  startTimeUnixNano: String(start),
  attributes,
});
const chat = (id: string, parent: string, start: number, asked: string, said: string): object =>
  span(id, parent, start, [
    string('gen_ai.operation.name', 'chat'),
    string('gen_ai.input.messages', JSON.stringify([{ role: 'user', content: asked }])),
    string('gen_ai.output.messages', JSON.stringify([{ role: 'assistant', content: said }])),
  ]);
const operation = (name: string): object => string('gen_ai.operation.name', name);
const traced = async (spans: object[]) => {
  const request = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  return (await readAll(await openFormats(), fileOf(request, 'trace.json'))).runs;
};

test('an agent that was called as a tool is a run of its own; one that others hand over to is not', async () => {
  const runs = await traced([
    span('root', '', 1, [operation('invoke_agent')]),
    chat('c1', 'root', 2, 'Plan it', 'I ask somebody.'),
    span('tool', 'root', 3, [operation('execute_tool'), string('gen_ai.tool.name', 'ask')]),
    span('helper', 'tool', 4, [operation('invoke_agent')]),
    chat('c2', 'helper', 5, 'Help', 'Here.'),
    span('next', 'root', 6, [operation('invoke_agent')]),
    chat('c3', 'next', 7, 'Plan it', 'Planned.'),
  ]);
  expect(runs.map(({ key, messages }) => [key, messages.map(told)])).toEqual([
    [
      't',
      [
        'user: Plan it',
        'assistant: I ask somebody.',
        'assistant:  > call_1 ask {}',
        'tool call_1 fine: ',
        'assistant: Planned.',
      ],
    ],
    ['t/helper', ['user: Help', 'assistant: Here.']],
  ]);
});

test('a place of a list that is far out, a circle of parents, and names of prototypes do no harm', async () => {
  const runs = await traced([
    span('a', 'b', 1, [
      string('openinference.span.kind', 'LLM'),
      string('llm.input_messages.0.message.role', 'user'),
      string('llm.input_messages.0.message.content', 'Hi'),
      string('llm.input_messages.999999999999.message.role', 'user'),
      string('llm.input_messages.999999999999.message.content', 'Again'),
      string('llm.input_messages.__proto__.polluted', 'yes'),
    ]),
    chat('b', 'a', 2, 'Hi', 'Ho'),
  ]);
  expect(runs.length).toBeLessThan(2);
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

test("LangSmith's export, a run a line", async () => {
  const common = { trace_id: 'tr', session_id: 'project' };
  const lines = [
    {
      ...common,
      id: '3',
      parent_run_id: '1',
      run_type: 'tool',
      name: 'add',
      start_time: '2026-01-01T00:00:03',
      inputs: { input: '{"a":1}' },
      outputs: { output: '2' },
    },
    {
      ...common,
      id: '1',
      run_type: 'chain',
      name: 'agent',
      start_time: '2026-01-01T00:00:01',
      inputs: {},
      outputs: {},
    },
    {
      ...common,
      id: '2',
      parent_run_id: '1',
      run_type: 'llm',
      name: 'ChatOpenAI',
      start_time: '2026-01-01T00:00:02',
      prompt_tokens: 7,
      completion_tokens: 3,
      extra: { metadata: { ls_model_name: 'm' } },
      inputs: {
        messages: [[{ lc: 1, type: 'constructor', id: ['HumanMessage'], kwargs: { type: 'human', content: 'Add.' } }]],
      },
      outputs: {
        generations: [
          [
            {
              message: { kwargs: { type: 'ai', content: '', tool_calls: [{ id: 'k', name: 'add', args: { a: 1 } }] } },
            },
          ],
        ],
      },
    },
  ];
  const { runs } = await readAll(await openFormats(), fileOf(lines.map((line) => JSON.stringify(line)).join('\n')));
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    format: 'langsmith',
    key: 'tr',
    model: 'm',
    usage: { inputTokens: 7, outputTokens: 3 },
  });
  expect(runs[0]!.messages.map(told)).toEqual(['user: Add.', 'assistant:  > k add {"a":1}', 'tool k fine: 2']);
});

const modelSpan = (attributes: Readonly<Record<string, string>>): object => ({
  traceId: 't',
  spanId: 's',
  name: 'ai.generateText.doGenerate',
  attributes: { 'gen_ai.operation.name': 'chat', ...attributes },
});

test.each([
  [
    'in attributes of the older convention, as a whole',
    {
      'gen_ai.prompt': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: 'Rain?' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'look', arguments: {} }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 'yes' }] },
      ]),
      'gen_ai.completion': JSON.stringify({ text: 'It rains.', finish_reason: 'stop' }),
    },
  ],
  [
    "as the AI SDK's",
    {
      'ai.prompt.messages': JSON.stringify([
        { role: 'user', content: [{ type: 'text', text: 'Rain?' }] },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'look', args: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', result: 'yes' }] },
      ]),
      'ai.response.text': 'It rains.',
    },
  ],
])('messages %s', async (_, attributes) => {
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(modelSpan(attributes))));
  expect(runs[0]!.messages.map(told)).toEqual([
    'user: Rain?',
    'assistant:  > c look {}',
    'tool c: yes',
    'assistant: It rains.',
  ]);
});
