import { describe, expect, test } from 'vitest';
import type { ChatDelta } from '#plugins/llm/api';
import type { Reply } from '../../support/scripted-model.ts';
import { bench, KEY, request } from './model-under-test.ts';

const at = bench();
const TOOLS = [
  { name: 'weather', description: 'Says the weather.', inputSchema: { properties: { city: { type: 'string' } } } },
];
const PROVIDERS = ['openai', 'anthropic'] as const;

describe.each(PROVIDERS)('a conversation with %s', (provider) => {
  test('is streamed: thoughts, text and calls as they come, and what it cost', async () => {
    at.model.answer = () => ({
      reasoning: 'They want the weather of two cities.',
      text: 'I look it up.',
      calls: [
        { name: 'weather', args: { city: 'Oslo' } },
        { name: 'weather', args: { city: 'Rome', note: 'a "quoted" \\ one\nand 中文' } },
      ],
      usage: { input: 1_000, output: 50, cacheRead: 600, reasoning: 20 },
    });
    const deltas: ChatDelta[] = [];
    const llm = await at.llm({ provider });
    const answer = await llm.chat({ ...request, tools: TOOLS, onDelta: (delta) => deltas.push(delta) });
    expect(answer).toMatchObject({
      finish: 'tools',
      model: 'm',
      attempts: 1,
      usage: { input: 1_000, output: 50, cacheRead: 600 },
    });
    expect(answer.usage.estimated).toBeUndefined();
    const calls = answer.parts.filter((part) => part.type === 'call');
    expect(answer.parts.map((part) => (part.type === 'call' ? part.name : part.text))).toEqual([
      'They want the weather of two cities.',
      'I look it up.',
      'weather',
      'weather',
    ]);
    expect(calls.map(({ args }) => JSON.parse(args))).toEqual([
      { city: 'Oslo' },
      { city: 'Rome', note: 'a "quoted" \\ one\nand 中文' },
    ]);
    expect(new Set(calls.map(({ call }) => call)).size).toBe(2);
    const joined = (type: ChatDelta['type']) =>
      deltas.flatMap((each) => (each.type === type && 'text' in each ? each.text : [])).join('');
    expect([joined('reasoning'), joined('text')]).toEqual(['They want the weather of two cities.', 'I look it up.']);
    expect(deltas.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
    expect(deltas.filter(({ type }) => type === 'call')).toEqual([
      { type: 'call', name: 'weather' },
      { type: 'call', name: 'weather' },
    ]);
  });

  test('goes on with results, which the request has where the provider wants them', async () => {
    const llm = await at.llm({ provider });
    await llm.chat({
      ...request,
      tools: TOOLS,
      messages: [
        ...request.messages,
        {
          id: 'm2',
          role: 'assistant',
          at: 0,
          parts: [
            { type: 'tool', call: 'a', name: 'weather', args: '{"city":"Oslo"}', state: 'done', output: 'cold' },
            {
              type: 'tool',
              call: 'b',
              name: 'no such tool',
              args: '"{broken"',
              state: 'error',
              output: 'no such tool',
            },
            { type: 'tool', call: 'c', name: 'weather', args: '{}', state: 'pending' },
          ],
        },
      ],
    });
    const { messages } = at.model.asked[0]!.body;
    if (provider === 'openai') {
      expect(messages.map(({ role, tool_call_id }: Record<string, unknown>) => tool_call_id ?? role)).toEqual([
        'system',
        'user',
        'assistant',
        'a',
        'b',
        'c',
      ]);
      expect(messages.at(-1).content).toContain('interrupted');
    } else {
      expect(messages.map(({ role }: Record<string, unknown>) => role)).toEqual(['user', 'assistant', 'user']);
      expect(messages[2].content.map((block: Record<string, unknown>) => [block.tool_use_id, block.is_error])).toEqual([
        ['a', undefined],
        ['b', true],
        ['c', true],
      ]);
    }
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['refused', 'refused'],
  ] as const)('tells that it ended with %s', async (finish, told) => {
    at.model.answer = () => ({ text: 'Well', finish });
    expect((await (await at.llm({ provider })).chat(request)).finish).toBe(told);
  });

  test('passes on calls of tools that do not exist', async () => {
    at.model.answer = () => ({ calls: [{ name: 'functions.made up', args: {} }] });
    const { parts } = await (await at.llm({ provider })).chat({ ...request, tools: TOOLS });
    expect(parts).toMatchObject([{ type: 'call', name: 'functions.made up', args: '{}' }]);
    expect(parts[0]).not.toHaveProperty('problem');
  });

  test.each([
    ['a comma too many', '{"city": "Oslo",}', '{"city":"Oslo"}'],
    ['no closing bracket', '{"city": "Oslo", "days": [1, 2', '{"city":"Oslo","days":[1,2]}'],
    ['single quotes', "{'city': 'Oslo'}", '{"city":"Oslo"}'],
    ['a fence around it', '```json\n{"city": "Oslo"}\n```', '{"city":"Oslo"}'],
    ['JSON within JSON', '"{\\"city\\": \\"Oslo\\"}"', '{"city":"Oslo"}'],
    ['nothing', '', '{}'],
    ['null', 'null', '{}'],
  ])('mends arguments with %s', async (_, args, mended) => {
    at.model.answer = () => ({ calls: [{ name: 'weather', args }] });
    const { parts } = await (await at.llm({ provider })).chat({ ...request, tools: TOOLS });
    expect(parts).toMatchObject([{ type: 'call', args: mended }]);
    expect(parts[0]).not.toHaveProperty('problem');
  });

  test.each([
    ['no JSON', 'Oslo, please!'],
    ['a list', '[1, 2]'],
    ['half a text', '{"command": "rm -rf /tmp/a'],
  ])('says what is wrong with arguments that are %s', async (_, args) => {
    at.model.answer = () => ({ calls: [{ name: 'weather', args }] });
    const { parts } = await (await at.llm({ provider })).chat({ ...request, tools: TOOLS });
    expect(parts).toMatchObject([
      { args: JSON.stringify(args), problem: expect.stringContaining('could not be read') },
    ]);
  });

  test('does not mend what the longest answer cut off', async () => {
    at.model.answer = () => ({ calls: [{ name: 'weather', args: '{"days": [1, 2' }], finish: 'length' });
    const { parts, finish } = await (await at.llm({ provider })).chat({ ...request, tools: TOOLS });
    expect(finish).toBe('length');
    expect(parts).toMatchObject([{ problem: expect.stringContaining('end in the middle') }]);
  });

  test('estimates usage, and says so, where the endpoint counts nothing', async () => {
    at.model.answer = () => ({ text: 'Some words of an answer.', usage: null });
    const { usage } = await (await at.llm({ provider })).chat(request);
    expect(usage.estimated).toBe(true);
    expect(usage.input).toBeGreaterThan(3);
    expect(usage.output).toBeGreaterThan(3);
  });

  test('names each call for ever: ids that are counted, taken or too short are not kept', async () => {
    const llm = await at.llm({ provider });
    const given = [
      'call_0',
      'toolu_0123456789abcdefABCDEF',
      '调用一',
      'functions.weather:0',
      'x'.repeat(65),
      'A1b2C3d4E',
    ];
    at.model.answer = () => ({ calls: given.map((id) => ({ id, name: 'weather', args: {} })) });
    const idsOf = async (messages = request.messages) =>
      (await llm.chat({ ...request, tools: TOOLS, messages })).parts.flatMap((part) =>
        part.type === 'call' ? part.call : [],
      );
    // As if all that was said before was compressed away.
    const [first, second] = [await idsOf(), await idsOf()];
    expect([first[1], second[1]]).toEqual([given[1], given[1]]);
    const own = [...first, ...second].filter((id) => id !== given[1]);
    expect(new Set(own).size).toBe(10);
    for (const id of own) expect(id).toMatch(/^(?:call_[0-9a-f]{24}|[A-Za-z0-9]{9})$/);
    // The form of those who take no other.
    expect(first[5]).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(own).not.toContain('A1b2C3d4E');
    const before = {
      type: 'tool',
      call: given[1]!,
      name: 'weather',
      args: '{}',
      state: 'done',
      output: 'cold',
    } as const;
    const said = { id: 'm2', role: 'assistant', at: 0, parts: [before] } as const;
    expect(await idsOf([...request.messages, said])).not.toContain(given[1]);
  });

  test.each([
    ['below zero', { input: -1_000_000_000, output: -5 }],
    ['no finite number', { input: 1e300, output: 1e300 }],
    ['no number', { input: '5' as unknown as number, output: '7' as unknown as number }],
    ['far less than was sent', { input: 1, output: 5 }],
  ])('does not believe usage that is %s', async (_, usage) => {
    at.model.answer = () => ({ text: 'Some words of an answer.', usage });
    const llm = await at.llm({ provider });
    const long = [{ ...request.messages[0]!, parts: [{ type: 'text' as const, text: 'lorem ipsum '.repeat(500) }] }];
    const { usage: counted } = await llm.chat({ ...request, messages: long, run: 'r' });
    expect(counted.estimated).toBe(true);
    expect(counted.input).toBeGreaterThan(500);
    expect(counted.input).toBeLessThan(5_000);
    expect(counted.output).toBeGreaterThan(3);
    expect(counted.output).toBeLessThan(100);
    expect(llm.spent({ run: 'r' })).toMatchObject({ input: counted.input, output: counted.output });
  });

  test('reads arguments in linear time, whatever is in them', async () => {
    const llm = await at.llm({ provider });
    const read = async (args: string) => {
      at.model.answer = () => ({ calls: [{ name: 'weather', args }] });
      const begin = performance.now();
      await llm.chat({ ...request, tools: TOOLS });
      return performance.now() - begin;
    };
    const least = await read('{}');
    for (const hostile of [(n: number) => `\`\`\`${'\n'.repeat(n)}x`, (n: number) => '"b"c'.repeat(n / 4)]) {
      const [some, more] = [await read(hostile(40_000)), await read(hostile(320_000))];
      expect(more).toBeLessThan(20 * Math.max(some, least, 25));
    }
  });

  test('ends at once with its signal, while it waits, while it streams and between attempts', async () => {
    const replies: Reply[] = [
      { text: 'late', afterMs: 30_000 },
      { text: 'word '.repeat(100), chunkMs: 20 },
      { status: 429, headers: { 'retry-after': '30' } },
    ];
    const llm = await at.llm({ provider });
    for (const reply of replies) {
      at.model.answer = () => reply;
      const begin = performance.now();
      await expect(llm.chat(request, AbortSignal.timeout(80))).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
    expect(at.model.asked).toHaveLength(3);
  });

  test('gives the key to the endpoint, and to nobody else', async () => {
    const answer = await (await at.llm({ provider })).chat(request);
    expect(at.model.asked[0]!.authorization).toContain(KEY);
    expect(JSON.stringify([answer, at.kernel.status(), at.kernel.lines])).not.toContain(KEY);
  });
});
