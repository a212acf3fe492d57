import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '#plugins/context/api';
import type { Recording, Step, Trajectories } from '#plugins/trajectory/api';
import { KERNEL_BIN, PROJECT_NODE } from '../../support/boot-kernel.ts';
import { openCli } from './open-cli.ts';

const { cli, run } = openCli();
const { dir } = cli;
let trajectories: Trajectories;
let running: Recording;

const at = Date.UTC(2026, 4, 17, 12);
const message = (id: string, role: Message['role'], parts: Message['parts']): Step => ({
  kind: 'message',
  turn: 1,
  at,
  output: { id, role, parts, at },
});
const call = { call: 'call_1', tool: 'weather/forecast', args: { city: 'Oslo' } };
const asked = (state: 'pending' | 'done') => ({
  type: 'tool' as const,
  call: 'call_1',
  name: 'weather__forecast',
  args: '{"city":"Oslo"}',
  state,
});

beforeAll(async () => {
  trajectories = cli.services.trajectories;
  const begin = (id: string, startedAt: number) =>
    trajectories.open({
      id,
      task: `Weather?\n\u001b[2J${id}`,
      agent: 'agent-1',
      model: 'model-1',
      startedAt,
      settings: { a: 1 },
    });
  const done = await begin('run-1', at);
  done.step({
    kind: 'scenario_identification',
    turn: 1,
    at,
    output: { identified_scenario: 'weather' },
    success: true,
    durationMs: 1_500,
  });
  done.step(message('m1', 'user', [{ type: 'text', text: 'Weather?' }]));
  done.step(message('m2', 'assistant', [{ type: 'text', text: 'I look.' }, asked('pending')]));
  done.step({ kind: 'tool_execution', turn: 1, at, input: call, phase: 'begun' });
  done.step({
    kind: 'tool_execution',
    turn: 1,
    at,
    input: call,
    output: { text: 'no such city' },
    success: false,
    durationMs: 40,
    phase: 'ended',
  });
  done.step({
    ...message('m3', 'assistant', [{ type: 'text', text: 'Rain.' }]),
    llm: { model: 'model-1', inputTokens: 10, outputTokens: 2, usd: 0.5 },
  });
  await done.finish({
    reason: 'done',
    success: true,
    answer: 'Rain.',
    at: at + 5_000,
    usage: { inputTokens: 10, outputTokens: 2 },
  });
  running = await begin('run-2', at + 1);
  running.step(message('m1', 'assistant', [asked('pending')]));
  await running.settled();
});
test('lists runs, the newest first, whatever their task says to the terminal', async () => {
  const { code, out } = await run('list');
  expect(code).toBe(0);
  expect(out).not.toContain('\u001b');
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^run-2 {2}running {2}2026-05-17T12:00:00Z {2}1 steps {2}model-1 {2}Weather\? /),
    expect.stringMatching(/^run-1 {2}ended \(done, success\) {2}2026-05-17T12:00:00Z {2}6 steps/),
    '',
  ]);
  expect((await run('list', '--limit=1')).out).toMatch(/^run-2.*\n$/);
  expect((await run('list', '--state', 'ended')).out).toMatch(/^run-1.*\n$/);
  expect((await run('list', '--state', 'interrupted')).out).toBe('there is none\n');
});

test('shows a run, for people and for programs', async () => {
  const { out } = await run('show', 'run-1');
  expect(out).toMatch(/state {4}ended \(done, success\)\nanswer {3}Rain\.\n/);
  expect(out).toMatch(/\n {3}5 {2}turn 1 {2}tool_execution ended failed 40 ms \{"call":"call_1".*no such city/);
  expect(JSON.parse((await run('show', 'run-1', '--json')).out)).toEqual(await trajectories.get('run-1'));
});

test('exports in the shape of the project', async () => {
  const { out } = await run('export', 'run-1');
  expect(out.split('\n')).toHaveLength(2);
  const exported = JSON.parse(out);
  expect(exported).toMatchObject({
    trajectory_id: 'run-1',
    user_query: expect.stringContaining('Weather?'),
    identified_scenario: 'weather',
    agent_version: 'agent-1',
    llm_model: 'model-1',
    start_time: '2026-05-17T12:00:00.000Z',
    end_time: '2026-05-17T12:00:05.000Z',
    final_success: true,
    total_steps: 6,
    total_execution_time: 5,
    stop_reason: 'done',
    final_answer: 'Rain.',
  });
  expect(exported.steps[0]).toEqual({
    step_type: 'scenario_identification',
    step_index: 1,
    turn: 1,
    input_data: {},
    output_data: { identified_scenario: 'weather' },
    execution_time: 1.5,
    success: true,
    timestamp: '2026-05-17T12:00:00.000Z',
  });
  expect(exported.steps.map((step: { step_index: number }) => step.step_index)).toEqual([1, 2, 3, 5, 6]);
  expect(exported.steps[3]).toMatchObject({
    step_type: 'tool_execution',
    step_index: 5,
    input_data: { tool_name: 'weather/forecast', parameters: { city: 'Oslo' }, call: 'call_1' },
    output_data: { execution_result: { text: 'no such city' }, success: false, error_message: 'no such city' },
    execution_time: 0.04,
  });
  expect(exported.steps[4].llm_interaction).toEqual({ model: 'model-1', input_tokens: 10, output_tokens: 2, usd: 0.5 });
});

test('exports chat messages, each call with its result', async () => {
  const file = path.join(dir, 'chat.jsonl');
  const { code, out, err } = await run('export', '--all', '--format', 'openai', '--out', file);
  expect({ code, out, err }).toEqual({ code: 0, out: '', err: `2 runs written to ${file}\n` });
  const [second, first] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const calls = [
    expect.objectContaining({ id: 'call_1', function: { name: 'weather__forecast', arguments: '{"city":"Oslo"}' } }),
  ];
  expect(first).toMatchObject({
    metadata: { trajectory_id: 'run-1', success: true },
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'I look.', tool_calls: calls },
      { role: 'tool', tool_call_id: 'call_1', content: 'no such city' },
      { role: 'assistant', content: 'Rain.' },
    ],
  });
  expect(second.messages).toMatchObject([
    { role: 'assistant', tool_calls: calls },
    { role: 'tool', tool_call_id: 'call_1', content: expect.stringContaining('interrupted') },
  ]);
});

test('tells what tools did', async () => {
  const { out } = await run('stats');
  expect(out).toMatch(
    /^tool {14}scenario {2}calls {2}success {2}at least {2}average {2}last used\nweather\/forecast {2}weather {3}1 {6}0 % {6}0 % {7}40 ms/,
  );
  expect((await run('stats', 'weather/forecast')).out).toBe(out);
  expect((await run('stats', 'other')).out).toBe('no tool was used\n');
});

describe('refuses', () => {
  test.each<[string, string[], number, RegExp]>([
    ['another command', ['lists'], 2, /^CLI_USAGE: .*"lists"\nthere is: list\n/],
    [
      'a state that is none',
      ['list', '--state', 'open'],
      2,
      /^CLI_USAGE: .*\nthere is: running, ended, interrupted, imported\n/,
    ],
    ['a number that is none', ['list', '--limit', 'x'], 2, /^CLI_USAGE: /],
    ['an option that is none', ['list', '--stat', 'x'], 2, /^CLI_USAGE: .*--stat here\nthere is: --state\n/],
    ['show of nothing', ['show'], 2, /^CLI_USAGE: show: which run\?/],
    ['show of two', ['show', 'a', 'b'], 2, /^CLI_USAGE: "b" is one word too many/],
    ['export of three', ['export', 'a', 'b', 'c'], 2, /^CLI_USAGE: "c" is one word too many/],
    [
      'export to a path in a format that is none',
      ['export', 'run-1', '/tmp/x'],
      2,
      /^CLI_USAGE: .*\nthere is: native, openai, /,
    ],
    [
      'a level of redaction that is none',
      ['export', '--all', '--redact', 'some'],
      2,
      /^CLI_USAGE: .*\nthere is: secrets, all, none\n/,
    ],
    ['facts of nothing', ['facts', '--json'], 2, /^CLI_USAGE: facts: which path\?/],
    ['erase of a recorded run', ['erase', 'run-1'], 1, /^RUN_RECORDED: /],
    ['explain without a synthesizer', ['explain', 'seed'], 4, /^SERVICE_MISSING: .*synthesizer/],
    ['export of nothing', ['export'], 2, /^CLI_USAGE: export: which run\?/],
    ['export to no file', ['export', 'atif'], 2, /^CLI_USAGE: export atif: to which file\?/],
    ['export of one and all', ['export', 'run-1', '--all'], 2, /^CLI_USAGE: /],
    ['another format', ['export', '--all', '--format', 'csv'], 2, /^CLI_USAGE: .*\nthere is: native, openai\n/],
    ['an unknown run', ['show', 'run-7'], 3, /^TRAJECTORY_UNKNOWN: .*"run-7"\nthere is: run-/],
    ['a file that cannot be written', ['export', '--all', '--out', '/nowhere/x'], 1, /ENOENT/],
  ])('%s', async (_, argv, code, err) => {
    expect(await run(...argv)).toEqual({ code, out: '', err: expect.stringMatching(err) });
  });

  test('and explains itself', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringMatching(/^usage: /) });
    expect(await run('export', '--help')).toMatchObject({ code: 0, out: expect.stringMatching(/^usage: /) });
  });
});

/** The pipeline that ships, in a process of its own, beside the one that records. */
async function start(...argv: string[]) {
  const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', 'pipelines/trajectories.yaml', '--', ...argv], {
    env: { ...process.env, DATA_DIR: dir, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

test('works beside a process that records, and changes nothing', async () => {
  const files = () => readdirSync(path.join(dir, 'trajectories'), { recursive: true, encoding: 'utf8' }).sort();
  const before = files();
  expect(await start('list', '--state', 'running')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^run-2 {2}running.*\n$/),
  });
  running.step({ kind: 'thought', turn: 2, at, output: 'still here' });
  await running.settled();
  expect(await start('export', 'run-2')).toMatchObject({ code: 0, out: expect.stringContaining('still here') });
  expect(files()).toEqual(before);
}, 60_000);
