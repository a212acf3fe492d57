import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Message } from '#plugins/context/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { type OpenedAgent, openAgent } from './open-agent.ts';
import { type Said, type Script, ScriptedLlm } from './scripted-llm.ts';
import { ScriptedPlane } from './scripted-plane.ts';

let agent: OpenedAgent | undefined;
afterEach(async () => {
  await agent?.close();
  agent = undefined;
});
const open = async (script: Script, plane = new ScriptedPlane(), more: Parameters<typeof openAgent>[2] = {}) => {
  const llm = new ScriptedLlm(script);
  agent = await openAgent(llm, plane, more);
  return { llm, plane, agent };
};
const outputs = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' ? [String(part.output)] : [])));
const call = (name: string, args: unknown = {}): Said => ({ calls: [{ name, args }] });
const taskOf = (messages: readonly Message[]): string => JSON.stringify(messages[0]?.parts);

describe('a run that goes on after it was held up', () => {
  test('is not done because its last message had words beside its call; and what was spent before counts', async () => {
    const stop = new AbortController();
    const plane = new ScriptedPlane().add('t__look', ({ at }) => ({ text: `seen ${at}` }));
    const { agent } = await open(({ messages }) => {
      const seen = outputs(messages).length;
      if (seen === 2 && !stop.signal.aborted) {
        stop.abort(new Error('killed'));
        throw stop.signal.reason;
      }
      const said = seen < 4 ? { text: `Now ${seen}.`, ...call('t__look', { at: seen }) } : { text: 'All seen.' };
      return { ...said, usd: 0.1 };
    }, plane);
    const first = await agent.run('look four times', { signal: stop.signal });
    expect(first).toMatchObject({ stop: { kind: 'interrupted' }, spent: { calls: 2, input: 200 } });
    const second = await agent.resume(first.run);
    expect(second).toMatchObject({ stop: { kind: 'done' }, answer: 'All seen.', steps: 5 });
    expect(second.spent).toMatchObject({ calls: 5, input: 500, usd: expect.closeTo(0.5) });
    expect((await agent.trajectory(first.run)).end?.usage).toMatchObject({
      inputTokens: 500,
      usd: expect.closeTo(0.5),
    });
    expect(plane.calls.length).toBe(4);
  });

  test('does not make a call whose secret was not recorded: the model is told that its outcome is not known', async () => {
    const stop = new AbortController();
    const plane = new ScriptedPlane().add('db__open', () => {
      stop.abort(new Error('killed'));
      return new Promise(() => {});
    });
    const args = { url: 'postgres://a', password: 'correct horse battery' };
    const { agent, llm } = await open((_, n) => (n === 0 ? call('db__open', args) : { text: 'I looked.' }), plane);
    const first = await agent.run('open it', { signal: stop.signal });
    expect((await agent.resume(first.run)).stop.kind).toBe('done');
    expect(plane.calls).toMatchObject([{ args }]);
    expect(outputs(llm.requests.at(-1)!.messages)[0]).toContain('may have had its effect');
  });

  test('has its task, also where it was killed before its first message was on disk', async () => {
    const { agent, llm } = await open(() => ({ text: 'Here I am.' }));
    const recording = await agent.kernel
      .get(TRAJECTORIES)
      .open({ id: 'early', task: 'say something', agent: 'react', model: 'scripted', startedAt: Date.now() });
    await recording.suspend();
    expect(await agent.resume('early')).toMatchObject({ stop: { kind: 'done' }, answer: 'Here I am.' });
    expect(taskOf(llm.requests[0]!.messages)).toContain('say something');
  });

  test('has made the calls that it made', async () => {
    const stop = new AbortController();
    const plane = new ScriptedPlane().add('paid__api', ({ n }) => {
      if (n === 2) stop.abort(new Error('killed'));
      return { text: `answer ${n}` };
    });
    const tools = { 'paid/*': { maxCalls: 2 } };
    const { agent, llm } = await open((_, n) => (n < 3 ? call('paid__api', { n: n + 1 }) : { text: 'done' }), plane, {
      config: { tools },
    });
    const first = await agent.run('pay', { signal: stop.signal });
    await agent.resume(first.run);
    expect(plane.calls.map(({ args }) => args)).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }].slice(0, plane.calls.length));
    expect(outputs(llm.requests.at(-1)!.messages).at(-1)).toContain('may be called 2 times');
  });
});

describe('agents that work for an agent', () => {
  test('spend from its purse while they work, and are counted in what it spent', async () => {
    const script: Script = ({ messages }) => {
      const isChild = !taskOf(messages).includes('give it all away');
      if (isChild) return { text: 'so far', ...call('t__t', { n: messages.length }), usd: 0.1 };
      const calls = Array.from({ length: 6 }, (_, n) => ({ name: 'delegate', args: { task: `part ${n}` } }));
      return outputs(messages).length === 0 ? { calls, usd: 0.1 } : { text: 'done', usd: 0.1 };
    };
    const plane = new ScriptedPlane().add('t__t', () => ({ text: `${Math.random()}` }));
    const { agent, llm } = await open(script, plane);
    const result = await agent.run({ description: 'give it all away', budget: { usd: 1 } });
    expect(result.stop.kind).toBe('budget_usd');
    // Six side by side may each be one call above it.
    expect(llm.requests.length).toBeLessThanOrEqual(10 + 6);
    expect(result.spent).toMatchObject({ calls: llm.requests.length, usd: expect.closeTo(llm.requests.length / 10) });
  });

  test('are as many as there are calls, however alike the ids of those are', async () => {
    const ids = ['call_1', 'call-1', `a${'x'.repeat(30)}`, `b${'x'.repeat(30)}`, '调用一', '调用二', 'a\r\nb'];
    const script: Script = ({ messages }) => {
      const task = taskOf(messages);
      if (!task.includes('everything')) return { text: `answer to ${/part \d/.exec(task)![0]}` };
      const calls = ids.map((id, n) => ({ name: 'delegate', args: { task: `part ${n}` }, call: id }));
      return outputs(messages).length === 0 ? { calls } : { text: outputs(messages).join() };
    };
    const { agent } = await open(script);
    expect((await agent.run('everything')).answer).toBe(ids.map((_, n) => `answer to part ${n}`).join());
  });

  test('one that needs a person holds up the one it works for', async () => {
    const script: Script = ({ messages }) => {
      if (!taskOf(messages).includes('whole'))
        return outputs(messages).length === 0
          ? call('ask_user', { question: 'Which?' })
          : { text: outputs(messages)[0]! };
      return outputs(messages).length === 0
        ? call('delegate', { task: 'a part' })
        : { text: `got ${outputs(messages)[0]}` };
    };
    const { agent } = await open(script);
    const stopped = await agent.run('the whole');
    expect(stopped.stop).toMatchObject({ kind: 'needs_human', message: 'Which?' });
    const human = { answer: async () => 'this one' };
    expect(await agent.resume(stopped.run, { human })).toMatchObject({
      stop: { kind: 'done' },
      answer: 'got this one',
    });
  });
});

test('calls of one answer that fail alike are told of before they end the run', async () => {
  const plane = new ScriptedPlane().add('files__read', () => ({ isError: true, text: 'no such file', code: 'ENOENT' }));
  const calls = Array.from({ length: 10 }, (_, n) => ({ name: 'files__read', args: { path: `missing${n}` } }));
  const { agent } = await open((_, n) => (n === 0 ? { calls } : { text: 'None of them is there.' }), plane);
  expect(await agent.run('read')).toMatchObject({ stop: { kind: 'done' }, answer: 'None of them is there.' });
  const { agent: other } = { agent: await openAgent(new ScriptedLlm(() => ({ calls })), plane) };
  expect((await other.run('read')).stop).toMatchObject({ kind: 'stuck' });
  await other.close();
});

test('an answer of which nothing can be seen is none; deep arguments and a folder that cannot be written are no end', async () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  const plane = new ScriptedPlane()
    .add('t__t', () => ({ text: 'ok' }))
    .add('t__image', () => ({
      text: 'drawn',
      artifacts: [{ mediaType: 'constructor\u001b[2J', data: 'AAAA', bytes: 3 }],
    }));
  const steps: readonly Said[] = [
    { text: '\u200b \u2060' },
    call('t__t', `{"a":${deep}}`),
    call('t__image'),
    { text: 'It is done.' },
  ];
  const { agent, llm } = await open((_, n) => steps[n]!, plane, { config: { artifactDir: '/dev/null/nowhere' } });
  expect(await agent.run('go')).toMatchObject({ stop: { kind: 'done' }, answer: 'It is done.' });
  const [tooDeep, image] = outputs(llm.requests.at(-1)!.messages);
  expect(tooDeep).toContain('nested');
  expect(image).toBe('drawn\n[the application/octet-stream of 3 bytes was not kept]');
});

test('time that a person takes is not that of the run', async () => {
  const script: Script = (_, n) => (n === 0 ? call('ask_user', { question: 'Which?' }) : { text: 'thanks' });
  const { agent } = await open(script);
  const human = { answer: () => new Promise<string>((resolve) => setTimeout(resolve, 400, 'this')) };
  expect(await agent.run({ description: 'ask', budget: { wallMs: 250 } }, { human })).toMatchObject({
    stop: { kind: 'done' },
  });
});

test('what is allowed always is allowed for its rule, and a rule is not explained to the model', async () => {
  const script: Script = ({ messages }) => {
    const done = outputs(messages);
    const commands = ['ls', 'pwd', 'curl x | sh', 'rm x'];
    return done.length < commands.length
      ? call('shell__run', { command: commands[done.length] })
      : { text: done.join(' / ') };
  };
  const plane = new ScriptedPlane().add('shell__run', ({ command }) => ({ text: `ran ${command}` }));
  const llm = new ScriptedLlm(script);
  const asked: string[] = [];
  const human = {
    permit: async ({ rule }: { readonly rule: string }) => {
      asked.push(rule);
      return rule === 'shell' ? ('always' as const) : ('deny' as const);
    },
    answer: async () => undefined,
  };
  const permissions = [
    { name: 'shell', tool: 'shell/*', verdict: 'ask' },
    { name: 'dangerous', tool: 'shell/*', command: ['curl*', 'sh*'], verdict: 'ask' },
    { name: 'no rm', tool: 'shell/*', command: 'rm*', verdict: 'deny' },
  ];
  const dir = mkdtempSync(join(tmpdir(), 'agent-rules-'));
  writeFileSync(join(dir, 'policy.yaml'), JSON.stringify({ permissions }));
  agent = await openAgent(llm, plane, { dir, plugins: { policy: { file: join(dir, 'policy.yaml') } } });
  const { answer } = await agent.run('run', { human });
  expect(asked).toEqual(['shell', 'dangerous']);
  expect(answer).toMatch(/^ran ls \/ ran pwd \/ A person did not allow .* \/ Not allowed by the rule "no rm"/);
  expect(answer).not.toContain('policy.yaml');
  rmSync(dir, { recursive: true });
});
