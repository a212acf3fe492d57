import { expect, test } from 'vitest';
import { linesOf, runOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

test('a rollout: items are the conversation, events tell the server of a tool and the tokens', async () => {
  const run = await runOf('codex.jsonl');
  expect(run).toMatchObject({
    format: 'codex',
    key: '019c-1',
    session: '019c-1',
    model: 'gpt-x-codex',
    request: 'Count the files',
    outcome: { success: null, answer: 'There are two.' },
    usage: { inputTokens: 500, outputTokens: 40 },
    reference: { cwd: '/home/ana/app', git_branch: 'main', version: '0.65.0' },
  });
  expect(run.messages.map(told)).toEqual([
    'system: You are Codex.',
    expect.stringMatching(/^user: <environment_context>/),
    'user: Count the files',
    'assistant:  {Use ls.} > call_a shell {"command":["ls"]} > call_b docs/search {"q":"x"}',
    'tool call_a fine: a\nb\n',
    'tool call_b error: unknown',
    'assistant:  > call_c apply_patch {"input":"*** Begin Patch"}',
    expect.stringMatching(/^tool call_c error: Exit code: 1/),
    'assistant: There are two.',
  ]);
});

test('rollouts of earlier versions: bare items below a header, and one object with all of them', async () => {
  const run = await runOf('codex-2025.jsonl');
  expect(run).toMatchObject({ key: 'old-1', request: 'Print hi', startedAt: Date.UTC(2025, 5, 1) });
  expect(run.messages.map(told)).toEqual([
    'user: Print hi',
    'assistant:  > l1 local_shell {"type":"exec","command":["echo","hi"]}',
    'tool l1: hi',
    'assistant: hi',
  ]);
  const [session, , ...items] = linesOf('codex-2025.jsonl').map((line) => JSON.parse(line) as object);
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify({ session, items }), 'rollout.json'));
  expect(runs.map(({ id, key }) => ({ id, key }))).toEqual([{ id: run.id, key: run.key }]);
});

test('what `codex exec --json` prints', async () => {
  const lines = [
    { type: 'thread.started', thread_id: 't-1' },
    { type: 'turn.started' },
    { type: 'item.completed', item: { id: 'i0', type: 'reasoning', text: 'Look.' } },
    {
      type: 'item.completed',
      item: {
        id: 'i1',
        type: 'command_execution',
        command: 'ls',
        aggregated_output: 'a',
        exit_code: 2,
        status: 'failed',
      },
    },
    {
      type: 'item.completed',
      item: {
        id: 'i2',
        type: 'mcp_tool_call',
        server: 'docs',
        tool: 'find',
        arguments: { q: 1 },
        result: { content: [{ type: 'text', text: 'x' }] },
        status: 'completed',
      },
    },
    { type: 'item.completed', item: { id: 'i3', type: 'agent_message', text: 'Done.' } },
    { type: 'turn.completed', usage: { input_tokens: 9, output_tokens: 2 } },
  ];
  const { runs } = await readAll(await openFormats(), fileOf(lines.map((line) => JSON.stringify(line)).join('\n')));
  expect(runs[0]).toMatchObject({
    key: 't-1',
    usage: { inputTokens: 9, outputTokens: 2 },
    outcome: { answer: 'Done.' },
  });
  expect(runs[0]!.messages.map(told)).toEqual([
    'assistant:  {Look.} > i1 shell {"command":"ls"}',
    'tool i1 error: a',
    'assistant:  > i2 docs/find {"q":1}',
    'tool i2 fine: x',
    'assistant: Done.',
  ]);
});

const session = async (lines: readonly object[]) =>
  readAll(await openFormats(), fileOf(lines.map((line) => JSON.stringify(line)).join('\n')));
const event = (type: string, message: string): object => ({ type: 'event_msg', payload: { type, message } });
const item = (payload: object): object => ({ type: 'response_item', payload });

test('what the user typed is taken of the events where no item has it', async () => {
  const call = item({ type: 'function_call', name: 'spawn', arguments: '{}', call_id: 'c' });
  const context = item({ role: 'user', type: 'message', content: [{ text: '<environment_context>x' }] });
  const meta = { type: 'session_meta', payload: { id: 's' } };
  const { runs } = await session([meta, context, event('user_message', 'Go.'), call, event('agent_message', 'Gone.')]);
  expect(runs[0]!.messages.map(told)).toEqual([
    'user: <environment_context>x',
    'user: Go.',
    'assistant: Gone. > c spawn {}',
  ]);
});

test('a header may have nothing but an id and a time', async () => {
  const said = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go.' }] };
  const { runs } = await session([{ id: 'old', timestamp: '2025-05-01T00:00:00Z' }, said]);
  expect(runs[0]).toMatchObject({ key: 'old', format: 'codex', request: 'Go.' });
});
