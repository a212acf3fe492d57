import { expect, test } from 'vitest';
import { linesOf, runOf, runsOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const SESSION = '5f0c2f6e-0000-4000-8000-000000000001';

test('turns are put together from their entries; what was taken back and what the program says is not the request', async () => {
  const run = await runOf('claude-code.jsonl');
  expect(run).toMatchObject({
    format: 'claude-code',
    key: SESSION,
    session: SESSION,
    model: 'claude-x',
    request: 'Add a test for the cart',
    outcome: { success: null, answer: 'The test is there.' },
    // The last entry of a turn tells its tokens; those of the sub-agent are its own.
    usage: { inputTokens: 75, outputTokens: 40 },
    reference: { cwd: '/home/ana/shop', git_branch: 'main', version: '2.0.1' },
  });
  expect(run.messages.map(told)).toEqual([
    'user: <command-name>/clear</command-name>',
    'user: Add a test for the cart',
    'assistant: I read it. {Look at the code.} > tu1 Read {"file_path":"cart.ts"} > tu2 docs/search {"q":"cart"}',
    'tool tu1: export const cart = []',
    'tool tu2 error: no such page',
    'assistant:  > tu3 Task {"prompt":"Find tests"}',
    'tool tu3: There are none.',
    'user: This session is being continued from a previous one.',
    'assistant: The test is there.',
  ]);
});

test('a sub-agent is a run of its own', async () => {
  const [, sub] = await runsOf('claude-code.jsonl');
  expect(sub).toMatchObject({ key: `${SESSION}/ag1`, session: `${SESSION}/ag1`, request: 'Find tests' });
  expect(sub!.messages.map(told)).toEqual(['user: Find tests', 'assistant: There are none.']);
});

test('a session that goes on keeps its name, and gets another identity', async () => {
  const formats = await openFormats();
  const lines = linesOf('claude-code.jsonl');
  const [early] = (await readAll(formats, fileOf(lines.slice(0, 9).join('\n'), 'a.jsonl'))).runs;
  const [late] = (await readAll(formats, fileOf(lines.join('\n'), 'b.jsonl'))).runs;
  expect(early!.session).toBe(late!.session);
  expect(early!.id).not.toBe(late!.id);
  expect(early!.outcome).toEqual({ success: null });
});

test('what it prints as stream-json is read, too', async () => {
  const lines = [
    { type: 'system', subtype: 'init', session_id: 's-1', model: 'claude-x', tools: ['Bash'], cwd: '/w' },
    {
      type: 'assistant',
      session_id: 's-1',
      message: {
        id: 'm',
        role: 'assistant',
        model: 'claude-x',
        content: [{ type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls' } }],
      },
    },
    {
      type: 'user',
      session_id: 's-1',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'a', is_error: false }] },
    },
    {
      type: 'result',
      subtype: 'success',
      session_id: 's-1',
      result: 'One file.',
      total_cost_usd: 0.02,
      is_error: false,
    },
  ];
  const { runs } = await readAll(await openFormats(), fileOf(lines.map((line) => JSON.stringify(line)).join('\n')));
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    key: 's-1',
    outcome: { success: null, evidence: 'result: success', answer: 'One file.' },
    usage: { usd: 0.02 },
  });
  expect(runs[0]!.messages.map(told)).toEqual(['assistant:  > t Bash {"command":"ls"}', 'tool t fine: a']);
});
