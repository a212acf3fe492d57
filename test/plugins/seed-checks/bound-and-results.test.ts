import { expect, test } from 'vitest';
import { evidenceOf, openChecks, seedOf } from './made.ts';

const check = await openChecks();
const SOME = evidenceOf(['x', { tool: 'a' }, { tool: 'b' }, { tool: 'a' }]);

test.each([
  [3, 3, 'passed'],
  [2, 3, 'failed'],
  [0, undefined, 'failed'],
  [-1, undefined, 'failed'],
  [2.5, undefined, 'failed'],
  [Number.NaN, undefined, 'failed'],
  [1_000, 3, 'passed'],
  [1_001, 3, 'failed'],
  [2_000, 600, 'passed'],
] as const)('step-bound: max_steps %s, shortest success %s: %s', async (max_steps, shortest, verdict) => {
  const evidence = { ...SOME, ...(shortest !== undefined && { shortestSuccess: shortest }) };
  expect((await check('step-bound', seedOf({ max_steps }), evidence)).verdict).toBe(verdict);
});

test('step-bound: not fewer than tools, not fewer than a run that succeeded, unverified without one', async () => {
  const tools = seedOf({ max_steps: 2, expected_tools: ['a', 'b', 'c'] });
  const unjudged = evidenceOf(['x', { tool: 'a' }, { tool: 'b' }, { tool: 'a' }], { outcome: { success: null } });
  expect((await check('step-bound', tools, unjudged)).verdict).toBe('failed');
  expect((await check('step-bound', seedOf({ max_steps: 2 }), SOME)).verdict).toBe('failed');
  expect((await check('step-bound', seedOf({ max_steps: 2 }), unjudged)).verdict).toBe('unverified');
});

type Parts = Parameters<typeof evidenceOf>[0];
test.each<[string, Parts, readonly string[], string]>([
  ['each has one', [{ tool: 'a' }, { tool: 's/b' }, 'agent: done'], ['a', 's/b'], 'passed'],
  ['failed, then worked', [{ tool: 'a', error: true }, { tool: 'a' }], ['a'], 'passed'],
  ['an empty result is one', [{ tool: 'a', result: '' }], ['a'], 'passed'],
  ['lost', [{ tool: 'a', result: null }, { tool: 'a' }, 'agent: done'], ['a'], 'failed'],
  ['lost at the end, though the agent went on', [{ tool: 'a', result: null }, 'agent: done'], ['a'], 'failed'],
  ['the run ended with the call', [{ tool: 'a' }, { tool: 'b', result: null }], ['a', 'b'], 'unverified'],
  ['the run ended with a second call', [{ tool: 'a' }, { tool: 'a', result: null }], ['a'], 'passed'],
  ['only ever failed', [{ tool: 'a', error: true }, { tool: 'b' }], ['a', 'b'], 'failed'],
  [
    'only ever failed, by what it says',
    [{ tool: 'a', result: 'Error: no such city' }, { tool: 'b' }],
    ['a', 'b'],
    'failed',
  ],
  ['not called', [{ tool: 'a' }], ['a', 'b'], 'unverified'],
  ['a tool that is not expected may fail', [{ tool: 'a' }, { tool: 'b', error: true }], ['a'], 'passed'],
  ['no tools', [], ['a'], 'unverified'],
  ['none expected', [{ tool: 'a' }], [], 'unverified'],
])('recorded-results: %s', async (_, parts, expected_tools, verdict) => {
  const evidence = evidenceOf(['x', ...parts]);
  expect((await check('recorded-results', seedOf({ expected_tools }), evidence)).verdict).toBe(verdict);
});

test.each([
  '{"error": "not found"}',
  '{"success": false, "data": []}',
  'MCP error -32602: Tool a not found',
  'Traceback (most recent call last):\n  File "a.py"',
  'ValueError: bad date',
  'Tool call timed out.',
  '错误：城市不存在',
  '{\n  "_meta": null,\n  "content": [\n    {\n      "type": "text",\n      "text": "Input validation error: x"\n    }\n  ]\n}',
  `meta=None content=[TextContent(type='text', text="no luck", annotations=None)] isError=True`,
])('recorded-results: a failure that only the text tells: %s', async (result) => {
  const evidence = evidenceOf(['x', { tool: 'a', result }]);
  expect((await check('recorded-results', seedOf({ expected_tools: ['a'] }), evidence)).verdict).toBe('failed');
});

test.each([
  '{"error": null, "data": [1]}',
  'Error handling in Rust is explained in this chapter.',
  'Exceptional weather in Oslo',
  '{"status": "failed", "order": "W1"}',
  'Failure modes of bridges, a survey',
  'Timeout settings: 30 s',
])('recorded-results: a result that only speaks of failures: %s', async (result) => {
  const evidence = evidenceOf(['x', { tool: 'a', result }]);
  expect((await check('recorded-results', seedOf({ expected_tools: ['a'] }), evidence)).verdict).toBe('passed');
});

test('recorded-results: the same look with another result is marked, unless something was done in between', async () => {
  const look = (result: string) => ({ tool: 'get_order', args: { id: 1 }, result });
  const of = async (...parts: Parts) =>
    (await check('recorded-results', seedOf({ expected_tools: ['get_order'] }), evidenceOf(['x', ...parts]))).verdict;
  expect(await of(look('open'), look('open'))).toBe('passed');
  expect(await of(look('open'), look('closed'))).toBe('unverified');
  expect(await of(look('open'), { tool: 'close_order' }, look('closed'))).toBe('passed');
  expect(await of(look('open'), { tool: 'bash', args: { command: 'x' } }, look('closed'))).toBe('passed');
});

test('recorded-results: results that belong to no call, or to two, are marked', async () => {
  const seed = seedOf({ expected_tools: ['a'] });
  const { run, ...others } = evidenceOf(['x', { tool: 'a' }, { tool: 'a' }]);
  const of = async (change: (messages: typeof run.messages) => typeof run.messages) =>
    (await check('recorded-results', seed, { ...others, run: { ...run, messages: change(run.messages) } })).verdict;
  const renamed = (messages: typeof run.messages, id: string) =>
    messages.map((message) => ({
      ...message,
      ...(message.answers !== undefined && { answers: id }),
      ...(message.calls && { calls: message.calls.map((call) => ({ ...call, id })) }),
    }));
  expect(await of((messages) => [...messages, { role: 'tool', text: 'late', answers: 'gone' }])).toBe('unverified');
  expect(await of((messages) => [...messages, messages.at(-1)!])).toBe('unverified');
  // An id that comes again after its result is no other's.
  expect(await of((messages) => renamed(messages, 'same'))).toBe('passed');
});
