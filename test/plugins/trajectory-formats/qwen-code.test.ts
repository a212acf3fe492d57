import { expect, test } from 'vitest';
import { told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const formats = await openFormats();
const T = '2026-03-01T10:00:00.000Z';

// As the ChatRecordingService of QwenLM/qwen-code writes it.
const entry = (uuid: string, type: string, more: object, parentUuid: string | null = null) => ({
  uuid,
  parentUuid,
  sessionId: 'q-1',
  timestamp: T,
  cwd: '/home/ana/shop',
  version: '0.20.0',
  gitBranch: 'main',
  type,
  ...more,
});
const user = (...parts: readonly object[]) => ({ message: { role: 'user', parts } });
const model = (...parts: readonly object[]) => ({ model: 'qwen-x', message: { role: 'model', parts } });
const call = (id: string) => ({ functionCall: { id, name: 'edit', args: { path: id } } });
const result = (name: string, response?: object) => ({ functionResponse: { name, response } });

const read = (...entries: readonly object[]) =>
  readAll(formats, fileOf(entries.map((one) => `${JSON.stringify(one)}\n`).join('')));

test('a session is one run, with results that name their calls', async () => {
  const { runs } = await read(
    entry('0', 'system', { subtype: 'ui_telemetry', systemPayload: { uiEvent: {} } }),
    entry('1', 'user', { ...user({ text: 'Fix it. Files: ...' }), systemPayload: { displayText: 'Fix it.' } }, '0'),
    entry('2', 'assistant', {
      ...model({ text: 'Hm.', thought: true }, { text: 'Two edits.' }, call('a'), call('b')),
      usageMetadata: { promptTokenCount: 90, candidatesTokenCount: 8, thoughtsTokenCount: 2, totalTokenCount: 100 },
    }),
    entry('3', 'tool_result', {
      ...user(result('edit', { error: 'no such file' })),
      toolCallResult: { callId: 'b', status: 'error' },
    }),
    entry('4', 'tool_result', {
      ...user(result('edit')),
      toolCallResult: { callId: 'a', status: 'success', resultDisplay: '+1' },
    }),
    entry('5', 'user', { ...user({ text: 'A timer went off.' }), subtype: 'cron' }),
    entry('6', 'assistant', model({ text: 'Done.' })),
  );
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    format: 'qwen-code',
    key: 'q-1',
    session: 'q-1',
    agent: 'qwen-code',
    model: 'qwen-x',
    request: 'Fix it.',
    outcome: { success: null, answer: 'Done.' },
    usage: { inputTokens: 90, outputTokens: 10 },
    reference: { cwd: '/home/ana/shop', git_branch: 'main', version: '0.20.0' },
  });
  expect(runs[0]!.messages.map(told)).toEqual([
    'user: Fix it. Files: ...',
    'assistant: Two edits. {Hm.} > a edit {"path":"a"} > b edit {"path":"b"}',
    'tool b error: no such file',
    'tool a fine: +1',
    'user: A timer went off.',
    'assistant: Done.',
  ]);
});

test('a prompt that was written anew takes the place of the first one, and sub-agents are runs of their own', async () => {
  const { runs } = await read(
    entry('1', 'user', user({ text: 'Hello.' })),
    entry('2', 'assistant', model({ text: 'Yes?' }), '1'),
    entry('3', 'user', user({ text: 'Not this.' }), '2'),
    entry('4', 'user', user({ text: 'This.' }), '2'),
    entry('5', 'assistant', { ...model({ text: 'Below.' }), isSidechain: true, agentId: 'ag' }, '4'),
    entry('6', 'assistant', model({ text: 'Done.' }), '4'),
  );
  expect(runs.map(({ key, messages }) => [key, messages.map(told)])).toEqual([
    ['q-1', ['user: Hello.', 'assistant: Yes?', 'user: This.', 'assistant: Done.']],
    ['q-1/ag', ['assistant: Below.']],
  ]);
});
