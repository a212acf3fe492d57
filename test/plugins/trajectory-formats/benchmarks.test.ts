import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileOf, openFormats, readAll, record, scratch, toolSequence } from './reading.ts';

const formats = await openFormats();
const read = (record: unknown, name?: string) => readAll(formats, fileOf(JSON.stringify(record), name));

test.each([
  ['the policy says it', '# Retail agent policy\n\nAs a retail agent ...', 'any', 'retail/3/1'],
  [
    'the policy in a prompt of tau2',
    '<instructions>\nx\n</instructions>\n<policy>\n# Telecom Agent Policy',
    'any',
    'telecom/3/1',
  ],
  ['the folder says it', 'no heading', 'gpt-4o-retail', 'retail/3/1'],
  ['nobody says it', 'no heading', 'any', 'tau/3/1'],
])('the domain of a tau-bench run: %s', async (_, policy, folder, key) => {
  const file = join(scratch(), folder, 'runs.json');
  mkdirSync(join(file, '..'));
  const traj = [
    { role: 'system', content: policy },
    { role: 'user', content: 'Hi' },
  ];
  writeFileSync(file, JSON.stringify([record(3, { traj, trial: 1 })]));
  const { runs } = await readAll(formats, file);
  expect([runs[0]!.key, runs[0]!.task]).toEqual([key, key.slice(0, -2)]);
});

test('the same run is the same wherever it lies; another trial is another', async () => {
  const traj = [{ role: 'user', content: 'Hi' }];
  const ids = async (name: string, more: object) => (await read(record(3, { traj, ...more }), name)).runs[0]!.id;
  const here = await ids('airline.json', {});
  expect(await ids('retail.json', {})).toBe(here);
  expect(await ids('airline.json', { trial: 1 })).not.toBe(here);
  expect(await ids('airline.json', { reward: 0 })).not.toBe(here);
});

test('tau-bench: rewards that are nearly 1, a run that failed before it began, errors of tools', async () => {
  const traj = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'a', function: { name: 'get', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'a', name: 'get', content: 'Error: user not found' },
  ];
  const lines = [
    record(1, { reward: 0.9999999999999999, traj }),
    record(2, { reward: 0.0, traj: [], info: { error: 'x', traceback: 'y' } }),
    record(3, { reward: null }),
  ];
  const { runs, bad } = await readAll(formats, fileOf(lines.map((line) => JSON.stringify(line)).join('\n')));
  expect(bad).toEqual([]);
  expect(runs.map(({ outcome }) => outcome.success)).toEqual([true, false, null]);
  expect(runs[0]!.messages[2]!.error).toBe(true);
  expect(runs[1]).toMatchObject({ messages: [], request: '', reference: { info: { error: 'x' } } });
});

test('tau2-bench: simulations of a file, each a run; calls of the customer are his', async () => {
  const messages = [
    { role: 'assistant', content: 'How can I help?', tool_calls: null, turn_idx: 0, timestamp: '2026-07-30T14:20:00' },
    { role: 'user', content: 'My phone is dead.', tool_calls: null, turn_idx: 1 },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', name: 'get_line', arguments: { id: 'L1' }, requestor: 'assistant' }],
    },
    { id: 'c1', role: 'tool', content: 'no such line', requestor: 'assistant', error: true },
    { role: 'user', content: null, tool_calls: [{ id: 'c2', name: 'reboot', arguments: {}, requestor: 'user' }] },
    { id: 'c2', role: 'tool', content: 'ok', requestor: 'user', error: false },
  ];
  const simulation = {
    id: 'x',
    task_id: '5',
    trial: 0,
    seed: 1,
    messages,
    reward_info: { reward: 1.0 },
    termination_reason: 'user_stop',
    agent_cost: 0.02,
  };
  const file = {
    info: { environment_info: { domain_name: 'telecom' } },
    tasks: [
      {
        id: '5',
        user_scenario: { instructions: 'secret' },
        evaluation_criteria: { actions: [{ name: 'reboot' }], nl_assertions: [] },
      },
    ],
    simulations: [simulation, { ...simulation, id: 'y', trial: 1, reward_info: { reward: 0 } }],
  };
  const { runs, events } = await read(file);
  expect(runs.map(({ key, task, outcome }) => [key, task, outcome.success])).toEqual([
    ['telecom/5/0', 'telecom/5', true],
    ['telecom/5/1', 'telecom/5', false],
  ]);
  const [run] = runs;
  expect(run).toMatchObject({
    request: 'My phone is dead.',
    usage: { usd: 0.02 },
    reference: { actions: [{ name: 'reboot' }], userScenario: { instructions: 'secret' } },
  });
  expect(JSON.stringify(run!.messages)).not.toContain('secret');
  expect(run!.messages[3]).toEqual({ role: 'tool', text: 'no such line', answers: 'c1', error: true });
  expect(run!.messages[4]).toMatchObject({ role: 'user', extra: { calls: [{ name: 'reboot' }] } });
  expect(toolSequence(run!)).not.toContain('reboot');
  const hashes = events.flatMap((event) => ('bytesHash' in event ? [event.bytesHash] : []));
  expect(new Set(hashes).size).toBe(2);
  // The last of a record's runs has the record's own hash.
  const known = await readAll(formats, fileOf(JSON.stringify(file)), { known: (hash) => hash === hashes[1] });
  expect(known.events.map(({ type }) => type)).toEqual(['known', 'end']);
});

const meta = (name: string, args: unknown, result: string) => [
  { role: 'assistant', content: '', tool_calls: [{ id: name, function: { name, arguments: JSON.stringify(args) } }] },
  { role: 'tool', tool_call_id: name, content: result },
];
const repr = (text: string, isError = 'False') => `meta=None content=[${text}] isError=${isError}`;

test('a meta tool: the tool that did the work is in its arguments, the text in the repr of its result', async () => {
  const tricky = String.raw`TextContent(type='text', text='it\'s "\\n" \n\x41\u00e9\U0001f600 isError=True, ImageContent(', annotations=None)`;
  const { runs } = await read({
    task_id: 't-1',
    Question: 'Where?',
    task_success: 'failure',
    response: 'There.',
    'Annotator Metadata': { Steps: '1. secret', Tools: '1. other' },
    messages: [
      { role: 'system', content: 'x' },
      { role: 'user', content: 'Where?' },
      ...meta('route', { query: 'maps' }, repr(`TextContent(type='text', text="don't", annotations=None)`)),
      ...meta('execute-tool', { server_name: 'osm', tool_name: 'find', params: { q: 1 } }, repr(tricky)),
      ...meta(
        'execute-tool',
        { server_name: 'osm', tool_name: 'see', params: '{"q":2}' },
        repr(
          `ImageContent(type='image', data='AA', mimeType='image/png'), TextContent(type='text', text='b', annotations=None)`,
          'True',
        ),
      ),
      ...meta(
        'execute-tool',
        { server_name: 'osm', tool_name: 'far', params: {} },
        String.raw`meta=None content=[TextContent(type='text', text='cut off\nhere \u00`,
      ),
      ...meta('execute-tool', { server_name: 'osm' }, 'Tool call timed out.'),
    ],
  });
  const [run] = runs;
  expect(run).toMatchObject({
    format: 'mcp-meta-tool',
    key: 't-1',
    task: 't-1',
    outcome: { success: false, evidence: 'task_success', answer: 'There.' },
    reference: { annotator: { Steps: '1. secret' } },
  });
  expect(toolSequence(run!)).toEqual(['osm/find', 'osm/see', 'osm/far', 'execute-tool']);
  expect(run!.counts.toolCalls).toBe(5);
  const calls = run!.messages.flatMap(({ calls = [] }) => calls);
  expect(calls[0]).toEqual({ id: 'route', tool: { name: 'route' }, args: { query: 'maps' }, lookup: true });
  expect(calls[1]!.tool).toEqual({ server: 'osm', name: 'find', via: 'execute-tool' });
  expect(calls[2]!.args).toEqual({ q: 2 });
  expect(run!.messages.flatMap(({ role, text, error }) => (role === 'tool' ? [[text, error]] : []))).toEqual([
    ["don't", false],
    ['it\'s "\\n" \nAé😀 isError=True, ImageContent(', false],
    ['[image]\nb', true],
    ['cut off\nhere \\u00', undefined],
    ['Tool call timed out.', undefined],
  ]);
});

test('other meta tools are looked into, too; a tool that is only named like one is not', async () => {
  const chat = (...turns: object[]) => ({ messages: [{ role: 'user', content: 'x' }, ...turns] });
  const ours = await read(
    chat(
      ...meta('search_tools', { query: 'x' }, '[]'),
      ...meta('call_tool', { name: 'files__read', arguments: { path: 'a' } }, 'ok'),
    ),
  );
  expect(toolSequence(ours.runs[0]!)).toEqual(['files/read']);
  const cline = await read(
    chat(...meta('use_mcp_tool', { server_name: 's', tool_name: 't', arguments: '{"a":1}' }, 'ok')),
  );
  expect(cline.runs[0]!.messages[1]!.calls![0]).toMatchObject({ tool: { server: 's', name: 't' }, args: { a: 1 } });
  const plain = await read(chat(...meta('call_tool', { name: 'Bob' }, 'ok'), ...meta('route', { from: 'A' }, 'ok')));
  expect([plain.runs[0]!.format, toolSequence(plain.runs[0]!)]).toEqual(['openai-messages', ['call_tool', 'route']]);
});

test('a record without the number of its task is called after its file', async () => {
  const { task_id: _, trial: __, ...rest } = record(1) as Record<string, unknown>;
  const { runs } = await readAll(formats, fileOf(JSON.stringify(rest), 'mine.json'));
  expect(runs[0]).toMatchObject({ key: 'mine.json', format: 'tau-bench' });
  expect(runs[0]).not.toHaveProperty('task');
});
