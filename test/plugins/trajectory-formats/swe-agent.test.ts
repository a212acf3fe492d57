import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const DATA = resolve(import.meta.dirname, '../../../../shared/data/trajectories/swe-agent');

test('a 1.x file is read by its steps, and the prompts that it repeats in each of them are not', async () => {
  const run = await runOf('swe-agent-1.x.traj');
  expect(run).toMatchObject({
    format: 'swe-agent',
    key: 'swe-agent-1.x.traj',
    task: 'greeter-12',
    model: 'claude-sonnet-4',
    request: "Greeting drops the last letter\n`greet('Ana')` prints `Hello An`.",
    outcome: { success: null, evidence: 'exit_status: submitted (exit_cost)' },
    usage: { inputTokens: 4000, outputTokens: 120, usd: 1.25 },
    counts: { steps: 3, messages: 6, toolCalls: 2 },
  });
  expect(run.messages.slice(2).map(told)).toEqual([
    'assistant: Let me look. > toolu_1 str_replace_editor {"command":"view","path":"/testbed"}',
    'tool toolu_1: /testbed/greet.py',
    'assistant: Run it. > toolu_2 shell:python {"command":"python /testbed/greet.py"}',
    'tool toolu_2: Hello An',
    'assistant: Exit due to cost limit',
  ]);
});

const step = (action: string, observation: string): object => ({
  action,
  observation,
  response: `do ${action}`,
  thought: '',
});
const turn = (role: string, content: string, more: object = {}): object => ({ role, content, agent: 'main', ...more });
const read = async (traj: object, name = 'x.traj') => readAll(await openFormats(), fileOf(JSON.stringify(traj), name));

test('steps count that the history lacks, and turns of the history that led to no step are kept', async () => {
  const history = [
    turn('system', 'Be good.'),
    turn('user', 'Task.'),
    turn('assistant', 'not understood'),
    turn('user', 'Write it again.'),
    turn('assistant', 'do b', { action: 'b 2' }),
    turn('user', 'b done\n(Open file: n/a)\n(Current directory: /w)\nbash-$'),
    turn('assistant', 'do c', { action: 'c' }),
  ];
  const trajectory = [step('a 1', 'a done'), step('b 2', 'b done'), step('c', 'c done')];
  const { runs } = await read({ trajectory, history, info: {}, environment: 'x' });
  expect(runs[0]!.messages.map(told)).toEqual([
    'system: Be good.',
    'user: Task.',
    'assistant: not understood',
    'user: Write it again.',
    'assistant: do a 1 > call_0 shell:a {"command":"a 1"}',
    'tool call_0: a done',
    'assistant: do b > call_1 shell:b {"command":"b 2"}',
    'tool call_1: b done',
    'assistant: do c > call_2 shell:c {"command":"c"}',
    'tool call_2: c done',
  ]);
  expect(runs[0]!.counts).toMatchObject({ steps: 3, messages: 7 });
});

test('a file without steps is read by its history, and the prompt below an observation is no part of it', async () => {
  const history = [
    turn('user', 'DEMO', { is_demo: true }),
    turn(
      'user',
      "We're currently solving the following issue within our repository. Here's the issue text:\nISSUE:\nBroken\n\nINSTRUCTIONS:\nNow",
    ),
    turn('assistant', 'I look.\n```\nls -F\n```', { action: 'ls -F\n' }),
    turn('user', 'a.py\n(Open file: n/a)\n(Current directory: /w)\nbash-$'),
  ];
  const { runs } = await read({ history });
  expect(runs[0]).toMatchObject({ request: 'Broken', counts: { messages: 4, steps: 1 } });
  expect(runs[0]!.messages.map(told)).toEqual([
    '(demo) user: DEMO',
    expect.stringMatching(/^user: We're/),
    'assistant: I look.\n```\nls -F\n``` > call_0 shell:ls {"command":"ls -F\\n"}',
    'tool call_0: a.py',
  ]);
});

describe.runIf(existsSync(DATA))(`real files (left out where ${DATA} is not there)`, () => {
  test('every call has its observation, and none of the harness is left in the request', async () => {
    const formats = await openFormats();
    const files = readdirSync(DATA).filter((name) => name.endsWith('.traj'));
    for (const name of files) {
      const [run] = (await readAll(formats, join(DATA, name))).runs;
      const calls = run!.messages.flatMap(({ calls = [] }) => calls.map(({ id }) => id));
      expect(run!.messages.flatMap(({ answers }) => answers ?? [])).toEqual(calls);
      expect(run!.request).not.toMatch(/INSTRUCTIONS:|Current directory:|^ISSUE/m);
      const { history } = JSON.parse(readFileSync(join(DATA, name), 'utf8')) as { history: unknown[] };
      expect(run!.counts.messages).toBe(history.length);
    }
    expect(files.length).toBeGreaterThan(10);
  });
});

test.each([
  [
    {
      trajectory: [
        { action: 'ls', observation: '' },
        { action: 1, observation: 'x' },
      ],
    },
    'swe-agent: trajectory[1].action: Invalid input: expected string, received number',
  ],
  [{ trajectory: [step('a', 'b'), null] }, 'swe-agent: trajectory[1]: Invalid input: expected object, received null'],
  [{ trajectory: [step('a', 'b')], info: 'x' }, 'swe-agent: info: Invalid input: expected object, received string'],
])('%j is put into quarantine with the member that is wrong', async (traj, reason) => {
  const { bad } = await read(traj);
  expect(bad.map(({ code, reason: why }) => [code, why])).toEqual([['RECORD_INVALID', reason]]);
});
