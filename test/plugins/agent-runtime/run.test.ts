import { afterEach, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import type { Message } from '#plugins/context/api';
import { type OpenedAgent, openAgent } from './open-agent.ts';
import { type Said, type Script, ScriptedLlm } from './scripted-llm.ts';
import { ScriptedPlane } from './scripted-plane.ts';

let agent: OpenedAgent | undefined;
afterEach(async () => {
  await agent?.close();
  agent = undefined;
});

const open = async (
  script: Script | readonly Said[],
  plane = new ScriptedPlane(),
  more: Parameters<typeof openAgent>[2] = {},
) => {
  const llm = new ScriptedLlm(script);
  agent = await openAgent(llm, plane, more);
  return { llm, plane, agent };
};
const call = (name: string, args: unknown = {}): Said => ({ calls: [{ name, args }] });
/** What the model is told of its newest calls. */
const outputs = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' ? [String(part.output)] : [])));

describe('a run', () => {
  test('thinks, acts, observes and answers; and its trajectory holds all of it', async () => {
    const plane = new ScriptedPlane().add('math__add', ({ a, b }) => ({ text: String(Number(a) + Number(b)) }));
    const { llm, agent } = await open(
      [{ text: 'I add them.', ...call('math__add', { a: 2, b: 3 }) }, { text: 'It is 5.' }],
      plane,
    );
    const result = await agent.run('What is 2 + 3?');
    expect(result).toMatchObject({ stop: { kind: 'done' }, answer: 'It is 5.', steps: 2 });
    expect(outputs(llm.requests[1]!.messages)).toEqual(['5']);
    expect(llm.requests[0]!.tools.map(({ name }) => name)).toContain('math__add');
    const { records, state, end } = await agent.trajectory(result.run);
    expect(state).toBe('ended');
    expect(end).toMatchObject({ reason: 'done', answer: 'It is 5.' });
    expect(records.map(({ kind, phase }) => (phase === undefined ? kind : `${kind} ${phase}`))).toEqual([
      'message',
      'message',
      'toolkit_selection',
      'tool_selection',
      'tool_execution begun',
      'tool_execution ended',
      'message',
    ]);
    expect(result.events.map(({ type }) => type)).toEqual(
      ['started', 'step', 'call', 'result', 'step', 'done'].flatMap((type) =>
        type === 'step' ? ['text', 'step'] : [type],
      ),
    );
  });

  test('calls of one answer run side by side, and each is answered, also one that fails', async () => {
    let most = 0;
    let now = 0;
    const slow = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now--;
      return { text: 'slow' };
    };
    const plane = new ScriptedPlane().add('s__slow', slow).add('s__bad', () => ({ isError: true, text: 'it broke' }));
    const calls = [1, 2, 3].map((n) => ({ name: 's__slow', args: { n } }));
    const { llm, agent } = await open([{ calls: [...calls, { name: 's__bad', args: {} }] }, { text: 'done' }], plane);
    await agent.run('go');
    expect(most).toBe(3);
    expect(outputs(llm.requests[1]!.messages)).toEqual(['slow', 'slow', 'slow', 'it broke']);
  });

  test('unknown tools, arguments that cannot be read and arguments that are no object are answered', async () => {
    const plane = new ScriptedPlane().add('files__read', () => ({ text: 'never' }));
    const { llm, agent } = await open(
      [
        {
          calls: [
            { name: 'files__reed', args: {} },
            { name: 'files__read', args: '"{broken"', problem: 'no closing brace' },
            { name: 'files__read', args: [1] },
          ],
        },
        { text: 'I give up.' },
      ],
      plane,
    );
    await agent.run('go');
    const [unknown, broken, list] = outputs(llm.requests[1]!.messages);
    expect(unknown).toContain('files__read');
    expect(broken).toContain('no closing brace');
    expect(list).toContain('expected an object, got a list');
    expect(plane.calls).toEqual([]);
  });

  test('the list of tools follows the plane in mid-run, and the model is told', async () => {
    const plane = new ScriptedPlane().add('a__one', () => {
      plane.add('b__two', () => ({ text: '2' })).remove('a__one');
      return { text: '1' };
    });
    const { llm, agent } = await open([call('a__one'), call('a__one'), call('b__two'), { text: 'done' }], plane);
    await agent.run('go');
    const offered = llm.requests.map(({ tools }) =>
      tools.map(({ name }) => name).filter((name) => name.includes('__')),
    );
    expect(offered).toEqual([['a__one'], ['b__two'], ['b__two'], ['b__two']]);
    expect(JSON.stringify(llm.requests[1]!.messages)).toContain('New tools: b__two. Gone: a__one.');
    expect(outputs(llm.requests[2]!.messages).at(-1)).toContain(
      'There is no tool \\"a__one\\" now'.replaceAll('\\', ''),
    );
  });

  test('asks for a tool that is missing, waits for it without the model, and goes on with it', async () => {
    const plane = new ScriptedPlane();
    plane.onRequest = () => ({ id: 'j1', state: 'running', tools: [] });
    const { llm, agent } = await open(
      [
        call('request_tool', { need: 'draw a chart', capabilities: ['chart_drawing'] }),
        call('charts__draw'),
        { text: 'drawn' },
      ],
      plane,
    );
    let asked = 0;
    const result = await agent.run('draw', {
      onEvent: ({ type }) => {
        if (type !== 'waiting') return;
        asked = llm.requests.length;
        setTimeout(() => {
          expect(llm.requests.length).toBe(asked);
          plane.add('charts__draw', () => ({ text: 'a chart' }));
          plane.tell({ id: 'j1', state: 'done', tools: ['charts/draw'] });
        }, 50);
      },
    });
    expect(result).toMatchObject({ stop: { kind: 'done' }, answer: 'drawn' });
    expect(asked).toBe(1);
    expect(plane.calls.map(({ name }) => name)).toEqual(['charts__draw']);
    expect(outputs(llm.requests[1]!.messages)[0]).toContain('charts__draw');
  });

  test('a tool that does not come is answered after the time that is set', async () => {
    const plane = new ScriptedPlane();
    plane.onRequest = () => ({ id: 'j1', state: 'running', tools: [] });
    const { llm, agent } = await open([call('request_tool', { need: 'fly' }), { text: 'I cannot fly.' }], plane, {
      config: { waitMs: 60 },
    });
    expect((await agent.run('fly')).stop.kind).toBe('done');
    expect(outputs(llm.requests[1]!.messages)[0]).toContain('It did not come');
  });

  test.each([
    ['steps', { steps: 3 }, 'budget_steps', 3],
    ['tokens', { tokens: 250 }, 'budget_tokens', 3],
    ['usd', { usd: 0.025 }, 'budget_usd', 3],
  ])('ends within one step of its limit of %s, with what it has', async (_, budget, kind, steps) => {
    let n = 0;
    const plane = new ScriptedPlane().add('t__t', () => ({ text: `result ${++n} ${'x'.repeat(n)}` }));
    const { agent } = await open(
      () => ({ text: `so far ${n}`, calls: [{ name: 't__t', args: { n } }], usd: 0.01 }),
      plane,
    );
    const result = await agent.run({ description: 'count', budget });
    expect(result).toMatchObject({ stop: { kind }, steps });
    expect(result.answer).toMatch(/^so far/);
    expect((await agent.trajectory(result.run)).end?.reason).toBe(kind);
  });

  test('ends when its time is over, also in the middle of a call', async () => {
    const plane = new ScriptedPlane().add(
      't__slow',
      (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const { agent } = await open([call('t__slow')], plane);
    const result = await agent.run({ description: 'wait', budget: { wallMs: 80 } });
    expect(result.stop.kind).toBe('budget_time');
    expect(result.elapsedMs).toBeLessThan(2_000);
  });

  test('a loop is nudged once, then answered without the tool, then stopped with its kind', async () => {
    const plane = new ScriptedPlane().add('t__look', () => ({ text: 'nothing new' }));
    const { llm, agent } = await open(() => call('t__look', { at: 'x' }), plane);
    const result = await agent.run('look');
    expect(result.stop).toMatchObject({ kind: 'stuck', code: 'same_call' });
    expect(plane.calls.length).toBeLessThan(llm.requests.length);
    const said = JSON.stringify(llm.requests.at(-1)!.messages);
    expect(said.match(/same arguments/g)?.length).toBeGreaterThan(0);
  });

  test('empty replies are told so, and end the run when they go on', async () => {
    const { llm, agent } = await open(() => ({ text: '' }));
    expect((await agent.run('say')).stop).toMatchObject({ kind: 'stuck', code: 'monologue' });
    expect(llm.requests.length).toBeLessThanOrEqual(4);
  });

  test('an answer that leaves steps of its plan open is asked about once', async () => {
    const plan = call('update_plan', {
      scenario: 'Data analysis',
      steps: [{ goal: 'load', status: 'done' }, { goal: 'plot' }],
    });
    const { llm, agent } = await open([plan, { text: 'Here it is.' }, { text: 'No plot is needed.' }]);
    const result = await agent.run('analyse');
    expect(result).toMatchObject({ stop: { kind: 'done' }, answer: 'No plot is needed.' });
    expect(JSON.stringify(llm.requests[2]!.messages)).toContain('plot');
    const { records } = await agent.trajectory(result.run);
    expect(records.find(({ kind }) => kind === 'scenario_identification')?.output).toEqual({
      identified_scenario: 'data_analysis',
    });
    expect(records.find(({ kind }) => kind === 'task_decomposition')?.output).toEqual({ subtasks: ['load', 'plot'] });
  });

  test('gives a part of its task to another agent, whose answer comes back; not its own task, and not too deep', async () => {
    const script: Script = ({ messages }) => {
      const task = JSON.stringify(messages[0]);
      if (task.includes('count the sheep')) return { text: '7 sheep' };
      const done = outputs(messages);
      if (done.length === 0) return call('delegate', { task: 'count the sheep' });
      if (done.length === 1) return call('delegate', { task: 'write of sheep' });
      return { text: `There are ${done[0]}. ${done[1]}` };
    };
    const { agent } = await open(script);
    const result = await agent.run('write of sheep');
    expect(result.answer).toMatch(/^There are 7 sheep\. This task was given on already/);
  });

  test('the text protocol serves models without tool calls, and is found out by their refusal', async () => {
    const plane = new ScriptedPlane().add('math__add', ({ a, b }) => ({ text: String(Number(a) + Number(b)) }));
    const script: Script = ({ tools, messages }) => {
      if (tools.length > 0) return { error: fault('LLM_REFUSED', 'this model does not support tools') };
      const said = JSON.stringify(messages);
      if (!said.includes('OBSERVATION'))
        return {
          text: '我先算一下。\n\n**ACTION_TYPE**: [execute_tool]\nSELECTED_TOOL: `math__add`\nPARAMETERS: {"a": 2,\n "b": 3}\nREASONING: 加法',
        };
      return { text: 'The sum is 5.\n\nACTION_TYPE: complete\nREASONING: done' };
    };
    const { agent } = await open(script, plane);
    const result = await agent.run('2 加 3 是多少？');
    expect(result).toMatchObject({ stop: { kind: 'done' }, answer: 'The sum is 5.' });
    expect(plane.calls).toMatchObject([{ name: 'math__add', args: { a: 2, b: 3 } }]);
  });

  test.each([
    ['', 'TASK_EMPTY'],
    ['   \n', 'TASK_EMPTY'],
    ['x'.repeat(1_048_577), 'TASK_TOO_LARGE'],
  ])('a task that cannot be taken is said to be so', async (task, code) => {
    const { agent, llm } = await open([]);
    expect((await agent.run(task)).stop).toMatchObject({ kind: 'error', code });
    expect(llm.requests).toEqual([]);
  });

  test('10 MB of output are cut, kept, and opened again by id', async () => {
    const whole = Array.from(
      { length: 200_000 },
      (_, n) => `line ${n} of a very long output, with 五十 more bytes`,
    ).join('\n');
    const plane = new ScriptedPlane().add('t__dump', () => ({ text: whole }));
    let id = '';
    const script: Script = ({ messages }, n) => {
      if (n === 0) return call('t__dump');
      id = /read_pruned with id "(\w+)"/.exec(outputs(messages)[0]!)?.[1] ?? id;
      return n === 1 ? call('read_pruned', { id, from: 5_000_000, length: 100 }) : { text: 'read' };
    };
    const { llm, agent } = await open(script, plane);
    expect((await agent.run('dump')).stop.kind).toBe('done');
    expect(outputs(llm.requests[1]!.messages)[0]!.length).toBeLessThan(61_000);
    expect(outputs(llm.requests[2]!.messages)[1]).toContain(whole.slice(5_000_000, 5_000_100));
  });

  test('binary output is not shown, and images become files', async () => {
    const plane = new ScriptedPlane()
      .add('t__raw', () => ({
        text: Buffer.from(Array.from({ length: 500 }, (_, n) => (n * 7) % 32)).toString('latin1'),
      }))
      .add('t__image', () => ({
        artifacts: [{ mediaType: 'image/png', data: Buffer.from('png').toString('base64'), bytes: 3 }],
      }));
    const { llm, agent } = await open(
      [
        {
          calls: [
            { name: 't__raw', args: {} },
            { name: 't__image', args: {} },
          ],
        },
        { text: 'seen' },
      ],
      plane,
    );
    await agent.run('look');
    const [raw, image] = outputs(llm.requests[1]!.messages);
    expect(raw).toContain('binary output');
    expect(image).toMatch(/\[the image\/png is at .*\.png\]/);
  });

  test('a failure of the model ends the run with its code, and the run may be gone on with', async () => {
    const plane = new ScriptedPlane().add('t__t', () => ({ text: 'first result' }));
    const { llm, agent } = await open(
      [call('t__t'), { error: fault('LLM_UNAVAILABLE', 'the model did not answer', { kind: 'unavailable' }) }],
      plane,
    );
    const result = await agent.run('try');
    expect(result.stop).toMatchObject({ kind: 'error', code: 'LLM_UNAVAILABLE' });
    expect((await agent.trajectory(result.run)).state).toBe('interrupted');
    llm.script = () => ({ text: 'now it works' });
    const again = await agent.resume(result.run);
    expect(again).toMatchObject({ stop: { kind: 'done' }, answer: 'now it works' });
    expect(outputs(llm.requests.at(-1)!.messages)).toEqual(['first result']);
    expect(plane.calls.length).toBe(1);
  });

  test('interrupted in the middle of a call, it goes on with that call, under the same key', async () => {
    const stop = new AbortController();
    let isSecond = false;
    const plane = new ScriptedPlane().add('t__slow', (_, { signal }) => {
      if (isSecond) return { text: 'finished' };
      stop.abort(new Error('Ctrl-C'));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const { agent } = await open([call('t__slow', { job: 1 }), { text: 'ok' }], plane);
    const first = await agent.run('slow', { signal: stop.signal });
    expect(first.stop.kind).toBe('interrupted');
    isSecond = true;
    expect(await agent.resume(first.run)).toMatchObject({ stop: { kind: 'done' }, answer: 'ok' });
    expect(plane.calls.map(({ key }) => key)).toEqual([plane.calls[0]!.key, plane.calls[0]!.key]);
  });

  test('asks a person who is there; without one it stops, and asks when it is resumed', async () => {
    const script: Script = (_, n) =>
      n === 0 ? call('ask_user', { question: 'Which city?', choices: ['Oslo', 'Rome'] }) : { text: 'Rome it is.' };
    const { agent, llm } = await open(script);
    const result = await agent.run('book');
    expect(result.stop).toMatchObject({ kind: 'needs_human', message: 'Which city?' });
    const asked: string[] = [];
    const human = {
      permit: async () => undefined,
      answer: async (question: string) => {
        asked.push(question);
        return 'Rome';
      },
    };
    expect(await agent.resume(result.run, { human })).toMatchObject({ stop: { kind: 'done' }, answer: 'Rome it is.' });
    expect(asked).toEqual(['Which city?']);
    expect(outputs(llm.requests.at(-1)!.messages)).toEqual(['Rome']);
  });
});
