import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ToolCall } from '#plugins/llm/api';
import { bench, KEY, request } from './model-under-test.ts';

const at = bench();
const TOOLS = [{ name: 'f', description: 'F.', inputSchema: {} }];

/** A stream of these deltas, with a reason for its end. */
const deltas = (...given: object[]) => [
  ...given.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
];
const call = (given: object) => ({ tool_calls: [given] });
async function callsOf(...given: object[]): Promise<(readonly [string, string, string])[]> {
  at.model.answer = () => ({ events: deltas(...given) });
  const { parts, finish } = await (await at.llm()).chat({ ...request, tools: TOOLS });
  expect(finish).toBe('tools');
  return parts
    .filter((part): part is ToolCall => part.type === 'call')
    .map((each) => [each.call, each.name, each.args] as const);
}

describe('calls in the streams of various endpoints', () => {
  const ID = expect.stringMatching(/^call_\w{24}$/);
  const [A, B] = ['call_AAAAAAAAAAAA', 'call_BBBBBBBBBBBB'];

  test('in pieces that are mixed', async () => {
    const calls = await callsOf(
      call({ index: 0, id: A, function: { name: 'f', arguments: '' } }),
      call({ index: 1, id: B, function: { name: 'g', arguments: '{"x"' } }),
      {
        tool_calls: [
          { index: 0, function: { arguments: '{"y"' } },
          { index: 1, function: { arguments: ':1}' } },
        ],
      },
      call({ index: 0, function: { arguments: ':2}' } }),
    );
    expect(calls).toEqual([
      [A, 'f', '{"y":2}'],
      [B, 'g', '{"x":1}'],
    ]);
  });
  test('whole, in one chunk, without index and id', async () => {
    const whole = (args: string) => ({ function: { name: 'f', arguments: args } });
    expect(await callsOf({ tool_calls: [whole('{"x":1}'), whole('{"x":2}')] })).toEqual([
      [ID, 'f', '{"x":1}'],
      [ID, 'f', '{"x":2}'],
    ]);
  });
  test('whole, one after the other, all with the index 0', async () => {
    const whole = (id: string) => call({ index: 0, id, function: { name: 'f', arguments: '{}' } });
    expect(await callsOf(whole(A), whole(B))).toEqual([
      [A, 'f', '{}'],
      [B, 'f', '{}'],
    ]);
  });
  test('with id and name in every piece', async () => {
    const piece = (args: string) => call({ index: 0, id: A, function: { name: 'f', arguments: args } });
    expect(await callsOf(piece(''), piece('{"x"'), piece(':1}'))).toEqual([[A, 'f', '{"x":1}']]);
  });
  test('with all arguments once more at the end', async () => {
    const piece = (args: string) => call({ index: 0, function: { arguments: args } });
    expect(
      await callsOf(call({ index: 0, id: A, function: { name: 'f' } }), piece('{"x":'), piece('1}'), piece('{"x":1}')),
    ).toEqual([[A, 'f', '{"x":1}']]);
  });
  test('with a name in pieces, and arguments that are an object', async () => {
    expect(
      await callsOf(
        call({ index: 0, id: A, function: { name: 'get_' } }),
        call({ index: 0, function: { name: 'it', arguments: { x: 1 } } }),
      ),
    ).toEqual([[A, 'get_it', '{"x":1}']]);
  });
  test('with ids that are taken already', async () => {
    at.model.answer = () => ({
      calls: [
        { id: 'call_0', name: 'f' },
        { id: 'call_0', name: 'f' },
      ],
    });
    const taken = { type: 'tool', call: 'call_0', name: 'f', args: '{}', state: 'done', output: 'x' } as const;
    const { parts } = await (await at.llm()).chat({
      ...request,
      messages: [...request.messages, { id: 'm2', role: 'assistant', at: 0, parts: [taken] }],
    });
    const ids = parts.map((part) => (part.type === 'call' ? part.call : ''));
    expect(new Set(['call_0', ...ids]).size).toBe(3);
  });
  test('with what the endpoint wants to see again', async () => {
    const extra_content = { google: { thought_signature: 'x' } };
    at.model.answer = () => ({
      events: deltas(call({ index: 0, id: A, extra_content, function: { name: 'f', arguments: '{}' } })),
    });
    const { parts } = await (await at.llm()).chat(request);
    const { call: id, name, args, extra } = parts[0] as ToolCall;
    const again = { type: 'tool', call: id, name, args, state: 'done', output: 'x', ...(extra && { extra }) } as const;
    at.model.answer = () => ({ text: 'Done.' });
    await (await at.llm()).chat({
      ...request,
      messages: [...request.messages, { id: 'm2', role: 'assistant', at: 0, parts: [again] }],
    });
    expect(at.model.asked.at(-1)!.body.messages[2].tool_calls[0]).toMatchObject({ id, extra_content });
  });
});

describe('usage as endpoints report it', () => {
  test.each([
    [
      'DeepSeek',
      { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4 },
      { input: 10, output: 5, cacheRead: 4 },
    ],
    [
      'xAI, whose thoughts are not in the completion',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } },
      { input: 10, output: 12, reasoning: 7 },
    ],
  ])('%s', async (_, reported, usage) => {
    at.model.answer = () => ({ events: [...deltas({ content: 'x' }), { choices: [], usage: reported }] });
    expect((await (await at.llm()).chat(request)).usage).toEqual(usage);
  });
  test('in every chunk, the last counts; and 0 is not a count', async () => {
    const chunk = (n: number) => ({
      choices: [{ delta: { content: 'x' } }],
      usage: { prompt_tokens: 9, completion_tokens: n },
    });
    at.model.answer = () => ({ events: [chunk(1), chunk(2), ...deltas({})] });
    expect((await (await at.llm()).chat(request)).usage).toEqual({ input: 9, output: 2 });
    at.model.answer = () => ({
      events: [...deltas({ content: 'x' }), { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } }],
    });
    expect((await (await at.llm()).chat(request)).usage.estimated).toBe(true);
  });
});

test('an endpoint that knows no streams is understood', async () => {
  const message = {
    role: 'assistant',
    content: 'Hello.',
    tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }],
  };
  at.model.answer = () => ({ body: { choices: [{ finish_reason: 'tool_calls', message }] } });
  const { parts, finish } = await (await at.llm()).chat({ ...request, tools: TOOLS });
  expect([finish, parts]).toMatchObject([
    'tools',
    [
      { type: 'text', text: 'Hello.' },
      { type: 'call', name: 'f' },
    ],
  ]);
});

describe('an endpoint that refuses what others take', () => {
  test('is asked without it, and the next time at once so', async () => {
    const refuse = (message: string) => ({ status: 400, body: { error: { message } } });
    at.model.answer = ({ body }) => {
      if ('max_tokens' in body)
        return refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
      if ('temperature' in body) return refuse("'temperature' does not support 0.5 with this model.");
      if ('stream_options' in body) return refuse('Unknown parameter: stream_options');
      return { text: 'Hello.', usage: null };
    };
    const llm = await at.llm();
    expect(await llm.chat({ ...request, temperature: 0.5 })).toMatchObject({ attempts: 4 });
    expect(await llm.chat({ ...request, temperature: 0.5 })).toMatchObject({ attempts: 1 });
    expect(at.model.asked.at(-1)!.body).toMatchObject({ max_completion_tokens: 4096, stream: true });
  });

  test('gets the thoughts of this turn, those of earlier ones not, and none once it refused them', async () => {
    const thought = (text: string) => ({ type: 'reasoning', text }) as const;
    const said = (id: string, role: 'user' | 'assistant', text: string) =>
      ({
        id,
        role,
        at: 0,
        parts: [...(role === 'user' ? [] : [thought(`of ${id}`)]), { type: 'text', text }],
      }) as const;
    const messages = [
      said('a', 'user', '1'),
      said('b', 'assistant', '2'),
      said('c', 'user', '3'),
      said('d', 'assistant', '4'),
    ];
    const thoughts = () =>
      at.model.asked.at(-1)!.body.messages.map((each: Record<string, unknown>) => each.reasoning_content);
    const llm = await at.llm();
    await llm.chat({ ...request, messages });
    expect(thoughts()).toEqual([undefined, undefined, undefined, undefined, 'of d']);
    at.model.answer = ({ body }) =>
      JSON.stringify(body).includes('reasoning_content')
        ? { status: 400, body: { error: { message: "property 'reasoning_content' is unsupported" } } }
        : { text: 'Hello.' };
    await llm.chat({ ...request, messages });
    expect(thoughts()).toEqual([undefined, undefined, undefined, undefined, undefined]);
    at.model.answer = () => ({ text: 'Hello.' });
    await (await at.llm({ sendReasoning: 'always' })).chat({ ...request, messages });
    expect(thoughts()).toEqual([undefined, undefined, 'of b', undefined, 'of d']);
  });
});

describe('Anthropic', () => {
  test('has system, tools and the end of the history marked for its cache, and only these', async () => {
    const cache_control = { type: 'ephemeral' };
    const messages = [
      { id: 'a', role: 'user', at: 0, parts: [{ type: 'text', text: '1', extra: { anthropic: { cache_control } } }] },
      { id: 'b', role: 'assistant', at: 0, parts: [{ type: 'text', text: '2' }] },
      { id: 'c', role: 'user', at: 0, parts: [{ type: 'text', text: '3' }] },
    ] as const;
    const llm = await at.llm({ provider: 'anthropic', profiles: { plain: { cachePrompt: false } } });
    await llm.chat({ ...request, messages, tools: [...TOOLS, { ...TOOLS[0]!, name: 'g' }] });
    const { body, path } = at.model.asked[0]!;
    expect(path).toBe('/v1/messages');
    expect(body.system).toEqual([{ type: 'text', text: 'Be brief.', cache_control }]);
    expect(body.tools.map((tool: Record<string, unknown>) => tool.cache_control)).toEqual([undefined, cache_control]);
    expect(body.messages.at(-1).content).toEqual([{ type: 'text', text: '3', cache_control }]);
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(3);
    await llm.chat({ ...request, profile: 'plain' });
    expect(JSON.stringify(at.model.asked[1]!.body)).not.toContain('cache_control');
  });

  test('counts what its cache gave and took', async () => {
    at.model.answer = () => ({ text: 'x', usage: { input: 1_000, output: 5, cacheRead: 700, cacheWrite: 200 } });
    const { usage } = await (await at.llm({ provider: 'anthropic' })).chat(request);
    expect(usage).toEqual({ input: 1_000, output: 5, cacheRead: 700, cacheWrite: 200 });
  });

  test('gets thoughts back with their signature', async () => {
    at.model.answer = () => ({ reasoning: 'hm', calls: [{ name: 'f' }] });
    const llm = await at.llm({ provider: 'anthropic' });
    const { parts } = await llm.chat({ ...request, tools: TOOLS });
    expect(parts[0]).toMatchObject({ type: 'reasoning', text: 'hm', signature: 'signed' });
    const again = parts.map((part) =>
      part.type === 'call' ? ({ ...part, type: 'tool', state: 'done', output: 'ok' } as const) : part,
    );
    await llm.chat({
      ...request,
      tools: TOOLS,
      messages: [...request.messages, { id: 'm2', role: 'assistant', at: 0, parts: again }],
    });
    expect(at.model.asked[1]!.body.messages[1].content).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: 'signed' },
      { type: 'tool_use', name: 'f', input: {} },
    ]);
  });

  test('answers in a given shape by the call of a tool, or by text where that is refused', async () => {
    const schema = z.object({ city: z.string() });
    const wanted = { system: 's', user: 'u', name: 'place', schema };
    at.model.answer = ({ body }) =>
      body.tool_choice === undefined
        ? { text: '{"city": "Rome"}' }
        : { calls: [{ name: body.tool_choice.name, args: { city: 'Oslo' } }] };
    const llm = await at.llm({ provider: 'anthropic' });
    expect((await llm.object(wanted)).value).toEqual({ city: 'Oslo' });
    expect(at.model.asked[0]!.body).toMatchObject({ tool_choice: { type: 'tool', name: 'place' }, temperature: 0 });
    const answering = at.model.answer;
    at.model.answer = (asked) =>
      asked.body.tool_choice === undefined
        ? answering(asked)
        : {
            status: 400,
            body: { type: 'error', error: { type: 'invalid_request_error', message: 'tool_choice may not be set' } },
          };
    expect((await llm.object(wanted)).value).toEqual({ city: 'Rome' });
  });
});

describe('the provider of a profile', () => {
  test('is told, or guessed from its address and model; and a key stays with its address', async () => {
    const profiles = {
      claude: { provider: 'anthropic', model: 'claude-x' },
      elsewhere: { provider: 'anthropic', model: 'claude-x', url: at.model.url.replace('127.0.0.1', 'localhost') },
    };
    const llm = await at.llm({ profiles });
    await llm.chat(request);
    await llm.chat({ ...request, profile: 'claude' });
    await llm.chat({ ...request, profile: 'elsewhere' });
    expect(at.model.asked.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/messages', '/v1/messages']);
    expect(at.model.asked.map(({ authorization }) => authorization?.includes(KEY))).toEqual([true, true, false]);
  });

  test('gets further members of every request', async () => {
    await (await at.llm({ extraBody: { reasoning_effort: 'low', top_p: 0.5 } })).chat(request);
    expect(at.model.asked[0]!.body).toMatchObject({ reasoning_effort: 'low', top_p: 0.5 });
  });
});
