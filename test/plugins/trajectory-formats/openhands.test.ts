import { expect, test } from 'vitest';
import { linesOf, runOf, runsOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const COUNTER = [
  'system: You are OpenHands.',
  expect.stringMatching(/^user: <uploaded_files>/),
  'assistant: I look first. > t1 execute_bash {"command":"ls"}',
  'tool t1 fine: counter.py',
  'assistant:  > t2 think {"thought":"It is off by one."}',
  'tool t2: Your thought has been logged.',
  'assistant:  > t3 execute_bash {"command":"pytest"}',
  'tool t3 error: 1 failed',
  'assistant:  > t4 finish {"message":"Done."}',
];

test('the output of an evaluation: flat events, or pairs of an action and what came of it', async () => {
  const [flat, paired] = await runsOf('openhands-output.jsonl');
  expect(flat).toMatchObject({
    format: 'openhands',
    key: 'acme__counter-3',
    agent: 'CodeActAgent',
    model: 'model-b',
    request: 'Counter starts at two',
    outcome: { success: true, evidence: 'report.resolved', answer: 'Done.' },
    usage: { inputTokens: 900, outputTokens: 90, usd: 0.5 },
    toolDefinitions: [{ name: 'execute_bash' }],
    reference: { instance: { patch: 'gold patch' } },
  });
  expect(flat!.messages.map(told)).toEqual(COUNTER);
  expect(paired).toMatchObject({
    key: 'adding-1',
    outcome: { success: false, evidence: 'test_result.result.success', answer: 'It is 2.' },
  });
  expect(paired!.messages.map(told)).toEqual([
    'user: Add 1 and 1.',
    'assistant: Let me add. > call_2 run {"command":"echo 2"}',
    'tool call_2 fine: 2',
    'assistant:  > call_4 finish {"outputs":{"content":"It is 2."}}',
  ]);
});

test('a list of events, and the same events a line each, are the same run', async () => {
  const run = await runOf('openhands-events.json');
  expect(run.messages.map(told)).toEqual(COUNTER);
  const events = JSON.parse(linesOf('openhands-events.json').join('\n')) as object[];
  const lines = fileOf(events.map((event) => JSON.stringify(event)).join('\n'), 'events.jsonl');
  const { runs } = await readAll(await openFormats(), lines);
  expect(runs.map(({ id, session }) => ({ id, session }))).toEqual([{ id: run.id, session: run.session }]);
});

test('files of the same name are different sessions', async () => {
  const lines = linesOf('openhands-v1-events.jsonl').map((line) => JSON.parse(line) as { timestamp?: string });
  const formats = await openFormats();
  const sessionAt = async (timestamp: string | undefined, said: number) => {
    const events = lines.slice(0, said).map((line) => ({ ...line, id: undefined, timestamp }));
    return (await readAll(formats, fileOf(events.map((event) => JSON.stringify(event)).join('\n')))).runs[0]!.session;
  };
  expect(await sessionAt('2026-05-06T10:00:00', 8)).toBe(await sessionAt('2026-05-06T10:00:00', 4));
  expect(await sessionAt('2026-05-06T10:00:00', 8)).not.toBe(await sessionAt('2026-05-06T10:00:01', 8));
  // Without a name or a time nobody can tell whether it is the same one that has grown.
  expect(await sessionAt(undefined, 8)).not.toBe(await sessionAt(undefined, 4));
});

test('events of V1: calls of one answer are one turn, errors of the agent are results', async () => {
  const run = await runOf('openhands-v1-events.jsonl');
  expect(run.outcome).toEqual({ success: null, answer: 'It is Monday.' });
  expect(run.messages.map(told)).toEqual([
    'system: You are OpenHands.',
    'user: Say which day it is.',
    'assistant: I ask the clock. {Short.} > k1 terminal {"command":"date"} > k2 terminal {"command":"cal"}',
    'tool k1 fine: Mon',
    'tool k2 error: cal: not found',
    'assistant: It is Monday.',
  ]);
});

test('one event alone is refused by name', async () => {
  const [first] = linesOf('openhands-v1-events.jsonl');
  const { bad, runs } = await readAll(await openFormats(), fileOf(first!, 'event-00000.json'));
  expect(runs).toEqual([]);
  expect(bad.map(({ reason }) => reason)).toEqual([expect.stringContaining('openhands: it is one event alone')]);
});
