import { expect, test } from 'vitest';
import { linesOf, runOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const SORT = [
  'system: You can use bash.',
  expect.stringMatching(/^user: <pr_description>/),
  expect.stringMatching(/^assistant: THOUGHT: look[\s\S]* > call_2 shell:grep \{"command":"grep -rn sort \."\}$/),
  expect.stringMatching(/^tool call_2 error: <returncode>1/),
  'assistant: I forgot the block.',
  'user: Please always provide EXACTLY ONE action.',
  expect.stringMatching(/ > call_6 shell:echo /),
  'tool call_6: diff',
];

test('commands in blocks, and what came of them', async () => {
  const run = await runOf('mini-swe-agent.traj.json');
  expect(run).toMatchObject({
    format: 'mini-swe-agent',
    key: 'acme__sort-1',
    model: 'm-3',
    request: 'Sort ignores case',
    outcome: { success: null, evidence: 'exit_status: Submitted', answer: 'diff' },
    usage: { inputTokens: 50, outputTokens: 7, usd: 0.03 },
    counts: { messages: 8 },
  });
  expect(run.messages.map(told)).toEqual(SORT);
});

test('a bare list of its messages is read as the same conversation', async () => {
  const { messages } = JSON.parse(linesOf('mini-swe-agent.traj.json').join('\n')) as { messages: object[] };
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(messages), 'run.json'));
  expect(runs.map(({ format, key }) => [format, key])).toEqual([['mini-swe-agent', 'run.json']]);
  expect(runs[0]!.messages.map(told)).toEqual(SORT);
});

test('a list of messages of any other agent is not taken for it', async () => {
  const list = [
    { role: 'system', content: 'Help.' },
    { role: 'user', content: 'How do I list files?' },
    { role: 'assistant', content: '```bash\nls\n```' },
    { role: 'user', content: 'Thanks.' },
  ];
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(list), 'chat.json'));
  expect(runs.map(({ format }) => format)).not.toContain('mini-swe-agent');
});

test('2.x: calls of bash, several at once', async () => {
  const call = (id: string, command: string): object => ({
    id,
    type: 'function',
    function: { name: 'bash', arguments: JSON.stringify({ command }) },
  });
  const record = {
    trajectory_format: 'mini-swe-agent-1.1',
    info: { exit_status: 'LimitsExceeded', submission: '' },
    messages: [
      {
        role: 'user',
        content:
          'Please solve this issue: It is slow\n\nYou can execute bash commands and edit files to implement the necessary changes.\n\n## Rules',
      },
      { role: 'assistant', content: 'Both.', tool_calls: [call('a', 'ls -l'), call('b', 'pwd')] },
      { role: 'tool', tool_call_id: 'a', content: '<returncode>0</returncode>', extra: { returncode: 0 } },
      { role: 'tool', tool_call_id: 'b', content: '<returncode>2</returncode>' },
      { role: 'exit', content: '', extra: { exit_status: 'LimitsExceeded' } },
    ],
  };
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(record), 'x.traj.json'));
  expect(runs[0]).toMatchObject({
    request: 'It is slow',
    task: 'x',
    outcome: { evidence: 'exit_status: LimitsExceeded' },
  });
  expect(runs[0]!.messages.slice(1).map(told)).toEqual([
    'assistant: Both. > a shell:ls {"command":"ls -l"} > b shell:pwd {"command":"pwd"}',
    'tool a fine: <returncode>0</returncode>',
    'tool b error: <returncode>2</returncode>',
  ]);
});
