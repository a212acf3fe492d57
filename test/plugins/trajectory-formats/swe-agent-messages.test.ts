import { expect, test } from 'vitest';
import { told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

/** As in nebius/SWE-agent-trajectories: turns have all members, and the system's text has one of its own. */
const turn = (role: string, text: string | null, system_prompt: string | null = null): object => ({
  cutoff_date: null,
  mask: role === 'ai',
  role,
  system_prompt,
  text,
});
const PROMPT = '\n\n(Open file: n/a)\n(Current directory: /greeter)\nbash-$';
const ISSUE = `We're currently solving the following issue within our repository. Here's the issue text:\nISSUE:\nNo greeting\n\nINSTRUCTIONS:\nNow${PROMPT}`;

const TURNS = [
  turn('system', null, 'You have a shell.'),
  turn('user', ISSUE),
  turn('ai', 'I look around.\n```\nls -F\n```'),
  turn('user', `greet.py${PROMPT}`),
  turn('ai', 'I forgot the command.'),
  turn('user', `Write it again.${PROMPT}`),
  turn('ai', 'It prints\n```\nhelo\n```\nso I mend it.\n```\nedit 1:1\nprint("hello")\nend_of_edit\n```'),
  turn('user', `[File: greet.py]${PROMPT}`),
  turn('ai', 'Done.\n```\nsubmit\n```'),
];
const read = async (more: object, trajectory: readonly object[] = TURNS) =>
  readAll(
    await openFormats(),
    fileOf(JSON.stringify([{ instance_id: 'acme__greeter-7', model_name: 'model-n', trajectory, ...more }])),
  );

test('a run as text alone: the last block of an answer is the command, what follows is its result', async () => {
  const { runs } = await read({ target: false, exit_status: 'submitted', generated_patch: 'diff\n', eval_logs: 'log' });
  expect(runs[0]).toMatchObject({
    format: 'swe-agent',
    key: 'acme__greeter-7',
    task: 'acme__greeter-7',
    agent: 'SWE-agent',
    model: 'model-n',
    request: 'No greeting',
    outcome: { success: false, evidence: 'target', answer: 'diff' },
    counts: { messages: 9, user: 2, assistant: 4, toolCalls: 3 },
    reference: { eval_logs: 'log' },
  });
  expect(runs[0]!.messages.map(told)).toEqual([
    'system: You have a shell.',
    `user: ${ISSUE}`,
    expect.stringMatching(/> call_0 shell:ls \{"command":"ls -F\\n"\}$/),
    'tool call_0: greet.py',
    'assistant: I forgot the command.',
    `user: Write it again.${PROMPT}`,
    expect.stringMatching(/> call_1 shell:edit \{"command":"edit 1:1\\nprint\(\\"hello\\"\)\\nend_of_edit\\n"\}$/),
    'tool call_1: [File: greet.py]',
    expect.stringMatching(/> call_2 shell:submit /),
    'tool call_2: ',
  ]);
});

test.each([
  [
    { target: true, exit_status: 'submitted' },
    { success: true, evidence: 'target' },
  ],
  [
    { target: null, exit_status: 'early_exit' },
    { success: null, evidence: 'exit_status: early_exit' },
  ],
  [{}, { success: null }],
])('%j: the verdict is that of the tests', async (members, outcome) => {
  expect((await read(members)).runs[0]!.outcome).toEqual(outcome);
});

test('blocks with a language stand inside of the command, and a block without an end is none', async () => {
  const inside = 'cat <<END\n```python\nx\n```\nEND\n';
  const { runs } = await read({}, [
    ...TURNS.slice(0, 2),
    turn('ai', `Write.\n\`\`\`\n${inside}\`\`\``),
    turn('user', 'written'),
    turn('ai', 'Cut off\n```\nls'),
  ]);
  const calls = runs[0]!.messages.flatMap((message) => message.calls ?? []);
  expect(calls.map(({ args }) => args)).toEqual([{ command: inside }]);
});

test('a turn that cannot be read is named', async () => {
  const { bad } = await read({}, [...TURNS, turn('robot', 'x')]);
  expect(bad.map(({ code, reason }) => [code, reason])).toEqual([
    ['RECORD_INVALID', expect.stringMatching(/^swe-agent: trajectory\[9\]\.role: /)],
  ]);
});

test('a chat of somebody else with such turns is not taken for it', async () => {
  const { runs, refused } = await readAll(
    await openFormats(),
    fileOf(JSON.stringify({ trajectory: [{ role: 'user', text: 'a' }] })),
  );
  expect([runs.length, refused.length]).toEqual([0, 1]);
});
