import { expect, test } from 'vitest';
import { told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const formats = await openFormats();
const T = '2026-03-01T10:00:00.000Z';
const HEADER = { sessionId: 'g-1', projectHash: 'aa', startTime: T, lastUpdated: T };

const said = (id: string, content: unknown, more: object = {}) => ({
  id,
  timestamp: T,
  type: 'user',
  content,
  ...more,
});
const acted = (id: string, content: unknown, more: object = {}) => ({ ...said(id, content), type: 'gemini', ...more });
const answer = (id: string, response: object) => ({ functionResponse: { id, name: 'read_file', response } });
const reads = (id: string, more: object = {}) => ({ id, name: 'read_file', args: { path: id }, timestamp: T, ...more });

const ofFile = (content: string, name?: string) => readAll(formats, fileOf(content, name));
const ofLines = (...lines: readonly object[]) => ofFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const ofSession = (messages: readonly object[], more: object = {}) =>
  ofFile(JSON.stringify({ ...HEADER, ...more, messages }, null, 2), 'session.json');
const runOf = async (read: ReturnType<typeof ofFile>) => {
  const { runs, bad, refused } = await read;
  expect({ count: runs.length, bad, refused }).toEqual({ count: 1, bad: [], refused: [] });
  return runs[0]!;
};
const toldIn = async (read: ReturnType<typeof ofFile>) => (await runOf(read)).messages.map(told);

// As the ChatRecordingService of google-gemini/gemini-cli writes it.
const MESSAGES = [
  said('u0', '<session_context>\nToday is Sunday.\n</session_context>'),
  said('u1', [{ text: 'Sum up @notes.md' }, { text: 'Content of notes.md: milk' }], {
    displayContent: [{ text: 'Sum up @notes.md' }],
  }),
  { id: 'i1', timestamp: T, type: 'info', content: 'A new version is there.' },
  acted('g1', '', {
    model: 'gemini-x',
    thoughts: [{ subject: 'Notes', description: 'They are short.', timestamp: T }],
    toolCalls: [reads('c1', { status: 'success', result: [answer('c1', { output: 'milk' })] })],
    tokens: { input: 100, output: 10, cached: 50, thoughts: 5, tool: 1, total: 116 },
  }),
  acted('g2', 'Milk.', { model: 'gemini-x', tokens: { input: 120, output: 3, cached: 0, total: 123 } }),
];
const TOLD = [
  'user: <session_context>\nToday is Sunday.\n</session_context>',
  'user: Sum up @notes.md\nContent of notes.md: milk',
  'assistant:  {**Notes** They are short.} > c1 read_file {"path":"c1"}',
  'tool c1 fine: milk',
  'assistant: Milk.',
];

test('a session in one object', async () => {
  const run = await runOf(ofSession(MESSAGES, { summary: 'Notes' }));
  expect(run).toMatchObject({
    format: 'gemini',
    key: 'g-1',
    session: 'g-1',
    agent: 'gemini-cli',
    model: 'gemini-x',
    startedAt: Date.parse(T),
    request: 'Sum up @notes.md',
    outcome: { success: null, answer: 'Milk.' },
    usage: { inputTokens: 221, outputTokens: 18 },
    counts: { user: 2, assistant: 2, toolCalls: 1 },
    reference: { summary: 'Notes' },
  });
  expect(run.messages.map(told)).toEqual(TOLD);
});

test('a session in lines is the same; of copies of a message the last one counts', async () => {
  const [u0, u1, i1, g1, g2] = MESSAGES;
  const early = acted('g1', '', { toolCalls: [reads('c1', { status: 'executing' })], tokens: { input: 1, output: 1 } });
  const lines = [HEADER, u0!, u1!, i1!, early, { $set: { summary: 'Notes' } }, g1!, g2!];
  const run = await runOf(ofLines(...lines));
  expect(run).toEqual(await runOf(ofSession(MESSAGES, { summary: 'Notes' })));
  const before = await runOf(ofLines(...lines.slice(0, 5)));
  expect(before.messages.map(told)).toEqual([...TOLD.slice(0, 2), 'assistant:  > c1 read_file {"path":"c1"}']);
  expect(before.session).toBe(run.session);
  expect(before.id).not.toBe(run.id);
});

test('results of calls: parts, text, what was shown, and those that failed', async () => {
  const toolCalls = [
    reads('a', { status: 'error', result: [answer('a', { error: 'gone' })] }),
    reads('b', { status: 'cancelled', result: 'Stopped.' }),
    // Calls that were made at once may have the results of all.
    reads('c', { status: 'success', result: [answer('x', { output: 'no' }), answer('c', { output: 'yes' })] }),
    reads('d', {
      status: 'success',
      result: [answer('d', { output: 'A picture.' }), { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
    }),
    reads('e', { status: 'success', result: null, resultDisplay: 'Read 3 lines' }),
    reads('f', { status: 'awaiting_approval' }),
  ];
  const messages = await toldIn(ofSession([said('u1', 'Look.'), acted('g1', 'Yes.', { toolCalls })]));
  expect(messages.slice(2)).toEqual([
    'tool a error: gone',
    'tool b error: Stopped.',
    'tool c fine: yes',
    'tool d fine: A picture.\n[image]',
    'tool e fine: Read 3 lines',
  ]);
});

test('calls and results that stand among the parts of messages are read there, and not twice', async () => {
  const call = (id: string) => ({ functionCall: { id, name: 'read_file', args: { path: id } } });
  const messages = [
    said('u1', 'Look.'),
    acted('g1', [{ text: 'Hm.', thought: true }, { text: 'First.' }, call('a')]),
    said('u2', [answer('a', { output: '1' })]),
    acted('g2', [call('b')], {
      toolCalls: [reads('b', { status: 'success', result: [answer('b', { output: '2' })] })],
    }),
    said('u3', [answer('b', { output: 'masked' })]),
    said('u4', [{ functionResponse: { name: 'read_file', response: { output: 'masked' } } }]),
  ];
  expect(await toldIn(ofLines(HEADER, ...messages))).toEqual([
    'user: Look.',
    'assistant: First. {Hm.} > a read_file {"path":"a"}',
    'tool a: 1',
    'assistant:  > b read_file {"path":"b"}',
    'tool b fine: 2',
  ]);
});

test('what the user took back goes', async () => {
  const lines = [said('u1', 'Keep.'), acted('g1', 'Kept.'), said('u2', 'Not this.'), acted('g2', 'No.')];
  const read = ofLines(HEADER, ...lines, { $rewindTo: 'u2' }, said('u3', 'This.'), { $rewindTo: 'unknown' });
  expect(await toldIn(read)).toEqual(['user: Keep.', 'assistant: Kept.', 'user: This.']);
});

test('what was said before a compaction stays, and is not told again under new ids', async () => {
  const toolCalls = [reads('c1', { status: 'success', result: [answer('c1', { output: 'all of it' })] })];
  const masked = [{ ...toolCalls[0], result: [answer('c1', { output: 'masked' })] }];
  const read = ofLines(
    HEADER,
    { $set: { messages: [said('u0', [{ text: '<session_context>' }])] } },
    said('u1', 'Look.'),
    acted('g1', '', { toolCalls }),
    {
      $set: {
        messages: [
          said('u0', [{ text: '<session_context>' }]),
          said('u1', 'Look.'),
          acted('g1', [], { toolCalls: masked }),
        ],
      },
    },
    acted('g2', 'There.'),
    said('u2', 'And now?'),
    {
      $set: {
        messages: [
          said('x1', [{ text: '<state_snapshot>Looked.</state_snapshot>' }]),
          acted('x2', [{ text: 'There.' }]),
          said('x3', [{ text: 'And now?' }]),
        ],
      },
    },
    acted('g3', 'Nothing.'),
    { $rewindTo: 'g3' },
    acted('x2', 'There!'),
  );
  expect(await toldIn(read)).toEqual([
    'user: <session_context>',
    'user: Look.',
    'assistant:  > c1 read_file {"path":"c1"}',
    'tool c1 fine: all of it',
    'assistant: There!',
    'user: And now?',
    'user: <state_snapshot>Looked.</state_snapshot>',
  ]);
});

test('orders to the program are not the request', async () => {
  const run = await runOf(
    ofSession([said('u1', '/model flash'), said('u2', '/etc/hosts is broken'), acted('g1', 'Ok.')]),
  );
  expect(run.request).toBe('/etc/hosts is broken');
});

test('a sub-agent that has the id of its session does not take its place', async () => {
  const messages = [said('u1', 'Look.'), acted('g1', 'There.')];
  const run = await runOf(ofSession(messages, { kind: 'subagent' }));
  expect(run.session).toBe(`g-1/${T}`);
  expect((await runOf(ofSession(messages, { kind: 'main' }))).session).toBe('g-1');
});

const TURNS = [
  { role: 'user', parts: [{ text: '<session_context>\nLinux\n</session_context>' }] },
  { role: 'user', parts: [{ text: 'Look.' }, { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } }] },
  {
    role: 'model',
    parts: [
      { text: 'Hm.', thought: true, thoughtSignature: 's' },
      { functionCall: { id: 'a', name: 'read_file', args: {} } },
      { thoughtSignature: 's' },
    ],
  },
  { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'read_file', response: { error: 'gone' } } }] },
];

test.each([
  ['a saved conversation', { history: TURNS, authType: 'oauth-personal' }],
  ['a scenario', { scenarioId: 's', history: TURNS, questions: [] }],
  ['a request of Code Assist', { model: 'gemini-x', project: 'p', request: { contents: TURNS } }],
])('%s holds turns', async (_, record) => {
  const run = await runOf(ofFile(JSON.stringify(record, null, 1), 'a.json'));
  expect(run).toMatchObject({ format: 'gemini', request: 'Look.\n[file]' });
  expect(run.model).toBe('model' in record ? 'gemini-x' : undefined);
  expect(run.messages.map(told)).toEqual([
    'user: <session_context>\nLinux\n</session_context>',
    'user: Look.\n[file]',
    'assistant:  {Hm.} > a read_file {}',
    'tool a error: gone',
  ]);
});

test('a history of events is not one of turns', async () => {
  const history = [
    { id: 0, source: 'user', action: 'message', args: { content: 'Look.' }, message: 'Look.' },
    { id: 1, source: 'agent', action: 'run', args: { command: 'ls' }, message: 'ls' },
  ];
  expect((await runOf(ofLines({ instance_id: 'x', history }))).format).toBe('openhands');
});

test.each([
  ['a session in which nothing was said', [HEADER, { id: 'i1', timestamp: T, type: 'info', content: 'Hello.' }]],
  ['a chat of another program', [{ sessionId: 'g-1', messages: [said('u1', 'Hello.')] }]],
  ['versions of a page', [{ history: [{ role: 'user', parts: ['a'] }] }]],
])('%s holds no trajectories', async (_, lines) => {
  const { runs, bad, refused } = await ofLines(...lines);
  expect({ runs, bad, refusals: refused.length }).toEqual({ runs: [], bad: [], refusals: 1 });
});
