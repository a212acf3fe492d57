import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromAnthropic, fromOpenAi, type Message, sendable, toAnthropic, toOpenAi } from '#plugins/context/api';

type History = Parameters<typeof fromAnthropic>[0];
type Wire = History['messages'][number];
type Block = Extract<Wire['content'], readonly unknown[]>[number];

const text = fc
  .string({ minLength: 1, unit: fc.constantFrom('a', 'é', '中', '"', '\n', '{', ' ') })
  .filter((each) => each.trim() !== '');
const name = fc.stringMatching(/^[a-zA-Z_][\w-]{0,10}$/);
const cached = fc.constantFrom({}, {}, { cache_control: { type: 'ephemeral' } });
const textBlock = fc.tuple(text, cached).map(([said, more]): Block => ({ type: 'text', text: said, ...more }));
const media = fc.oneof(
  fc
    .tuple(fc.base64String({ minLength: 4 }), cached)
    .map(
      ([data, more]): Block => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data }, ...more }),
    ),
  fc.constantFrom<Block>(
    { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    { type: 'image', source: { type: 'file', file_id: 'f' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aaaa' }, title: 't' },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
    { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' }, citations: { enabled: true } },
    { type: 'novel', of: [1] },
  ),
);
const thought = fc.oneof(
  fc.tuple(text, fc.string()).map(([thinking, signature]): Block => ({ type: 'thinking', thinking, signature })),
  fc.constantFrom<Block>(
    { type: 'redacted_thinking', data: 'xyz' },
    { type: 'thinking', thinking: 'unsigned' },
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
  ),
);
const input = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
const call = fc.record({
  name,
  input,
  rank: fc.nat(),
  more: cached,
  result: fc.record(
    {
      content: fc.oneof(text, fc.constant(''), fc.array(fc.oneof(textBlock, media))),
      is_error: fc.boolean(),
      cache_control: fc.constant({ type: 'ephemeral' }),
    },
    { requiredKeys: [] },
  ),
});

let ids = 0;
/** What the user says, and what the assistant answers, with calls or without. */
const round = fc.record({
  user: fc.oneof(text, fc.array(fc.oneof(textBlock, media), { minLength: 1 })),
  spoken: fc.option(text, { nil: undefined }),
  before: fc.array(fc.oneof(textBlock, thought), { minLength: 1 }),
  calls: fc.array(call),
});
const history = fc
  .tuple(fc.oneof(fc.constant(undefined), text, fc.array(textBlock, { minLength: 1 })), fc.array(round))
  .map(([system, rounds]): History => {
    const messages: Wire[] = [];
    let results: Block[] = [];
    for (const { user, spoken, before, calls } of rounds) {
      const said: readonly Block[] = typeof user === 'string' ? [{ type: 'text', text: user }] : user;
      messages.push({ role: 'user', content: results.length > 0 ? [...results, ...said] : user });
      const made = calls.map((each) => ({ ...each, id: `toolu_${ids++}` }));
      const uses = made.map(({ id, name: of, input: given, more }) => ({
        type: 'tool_use',
        id,
        name: of,
        input: JSON.parse(JSON.stringify(given)),
        ...more,
      }));
      messages.push({
        role: 'assistant',
        content: spoken !== undefined && made.length === 0 ? spoken : [...before, ...uses],
      });
      results = [...made]
        .sort((a, b) => a.rank - b.rank)
        .map(({ id, result }) => ({ type: 'tool_result', tool_use_id: id, ...result }));
    }
    if (results.length > 0) messages.push({ role: 'user', content: results });
    return { ...(system !== undefined && { system }), messages };
  });

const bare = (messages: readonly Message[]) =>
  messages.map(({ id: _, at: __, extra: ___, ...message }) => ({
    ...message,
    parts: message.parts.map(({ extra: ____, ...each }) => each),
  }));

describe('a history of the Messages API', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(history, (wire) => void expect(toAnthropic(fromAnthropic(wire))).toStrictEqual(wire)),
      { numRuns: 500 },
    );
  });

  test('keeps thoughts, signatures, errors and the order of what was said', () => {
    const [, message] = fromAnthropic({
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's1' },
            { type: 'tool_use', id: 'a', name: 'one', input: { x: 1 } },
            { type: 'text', text: 'and' },
            { type: 'tool_use', id: 'b', name: 'two', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'b', is_error: true, content: 'no' },
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image', source: { type: 'url', url: 'u' } }] },
          ],
        },
      ],
    });
    expect(bare([message!])[0]!.parts).toEqual([
      { type: 'reasoning', text: 'hm', signature: 's1' },
      { type: 'tool', call: 'a', name: 'one', args: '{"x":1}', state: 'done', output: '[image]' },
      { type: 'text', text: 'and' },
      { type: 'tool', call: 'b', name: 'two', args: '{}', state: 'error', output: 'no' },
    ]);
  });
});

const textPart = (said: string) => ({ type: 'text' as const, text: said });
const message = (role: Message['role'], ...parts: Message['parts']): Message => ({
  id: `x${ids++}`,
  at: 0,
  role,
  parts,
});

const anyPart = fc.oneof(
  fc.constantFrom('', ' ', 'a', 'b').map(textPart),
  fc
    .constantFrom(undefined, 's')
    .map((signature) => ({ type: 'reasoning' as const, text: 'r', ...(signature && { signature }) })),
  fc.constant({ type: 'media' as const, mediaType: 'audio/wav', data: 'aaaa' }),
);
const anyCall = fc
  .record({
    name: fc.string(),
    args: fc.constantFrom('{}', '', '[1]', '{"a":', '"x"'),
    isDone: fc.boolean(),
    id: fc.string(),
  })
  .map(({ isDone, id, ...each }) => ({
    type: 'tool' as const,
    call: `${id}${ids++}`,
    ...each,
    ...(isDone ? { state: 'done' as const, output: 'o' } : { state: 'pending' as const }),
  }));
const any = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom('system' as const, 'user' as const), fc.array(anyPart))
      .map(([role, parts]) => message(role, ...parts)),
    fc.array(fc.oneof(anyPart, anyCall)).map((parts) => message('assistant', ...parts)),
  ),
);

describe('a history of ours', () => {
  test('that is sent is one that the Messages API takes, whatever is in it', () => {
    fc.assert(
      fc.property(any, (messages) => {
        const { messages: wire } = toAnthropic(sendable(messages, 'anthropic'));
        if (wire.length > 0) expect(wire[0]!.role).toBe('user');
        let open: unknown[] = [];
        for (const [n, { role, content }] of wire.entries()) {
          if (n > 0) expect(role).not.toBe(wire[n - 1]!.role);
          const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
          expect(blocks.length).toBeGreaterThan(0);
          const results = blocks.filter(({ type }) => type === 'tool_result');
          expect(blocks.slice(0, results.length)).toEqual(results);
          expect(results.map((each) => (each as Block).tool_use_id)).toEqual(open);
          const uses = blocks.filter(({ type }) => type === 'tool_use') as readonly Block[];
          open = uses.map(({ id }) => id);
          for (const { id, name: called, input: given } of uses) {
            expect(id).toMatch(/^[\w-]+$/);
            expect(called).toMatch(/^[\w-]{1,64}$/);
            expect(given).toBeTypeOf('object');
          }
          for (const block of blocks) {
            if (block.type === 'text') expect(String(block.text).trim()).not.toBe('');
            if (block.type === 'thinking') expect((block as Block).signature).toBe('s');
          }
        }
        expect(open).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('comes back with all that it said, messages of one role in a row as one', () => {
    const messages = [
      message('system', textPart('be brief')),
      {
        ...message('user', textPart('go'), { type: 'media', mediaType: 'image/png', data: 'aaaa' }),
        kind: 'task' as const,
      },
      message(
        'assistant',
        { type: 'reasoning', text: 'hm', signature: 's' },
        textPart('one'),
        { type: 'tool', call: 'a', name: 'f', args: '{"x":1}', state: 'error', output: 'no' },
        textPart('two'),
        { type: 'tool', call: 'b', name: 'f', args: '{}', state: 'done', output: 'yes' },
      ),
      message('user', textPart('and?')),
      message('assistant', textPart('done')),
    ];
    expect(bare(fromAnthropic(toAnthropic(messages)))).toEqual(bare(messages));
    const wire = toAnthropic([...messages, message('user', textPart('a')), message('user', textPart('b'))]);
    expect(wire.messages.at(-1)).toEqual({ role: 'user', content: [textPart('a'), textPart('b')] });
  });

  test('with the system’s word in the middle has it from the user', () => {
    const wire = toAnthropic([
      message('system', textPart('s')),
      message('user', textPart('u')),
      message('system', textPart('summary')),
    ]);
    expect(wire).toEqual({ system: 's', messages: [{ role: 'user', content: [textPart('u'), textPart('summary')] }] });
  });

  test('goes from one provider to the other', () => {
    fc.assert(
      fc.property(history, (wire) => {
        const ours = fromAnthropic(wire);
        const there = fromOpenAi(toOpenAi(ours));
        const said = (messages: readonly Message[]) =>
          messages.map(({ role, parts }) => [
            role,
            parts.flatMap((part) => (part.type === 'text' && part.text !== '' ? part.text : [])),
            parts.flatMap((part) => (part.type === 'tool' ? [[part.call, part.name, part.args, part.output]] : [])),
            parts.flatMap((part) => (part.type === 'media' && role === 'user' ? (part.data ?? part.url ?? '') : [])),
          ]);
        // A document at an address is told by its address there.
        expect(said(there).flat(3).filter(isNoAddress)).toEqual(said(ours).flat(3).filter(isNoAddress));
      }),
    );
  });
});
const isNoAddress = (each: unknown): boolean => each !== 'https://example.com/a.pdf';
