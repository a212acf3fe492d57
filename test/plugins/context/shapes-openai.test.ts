import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerable, fromOpenAi, type Message, sendable, toOpenAi } from '#plugins/context/api';

type Wire = Parameters<typeof fromOpenAi>[0][number];

const text = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'é', '中', '"', '\n', '{', ' ', '\\') });
const name = fc.stringMatching(/^[a-zA-Z_][\w-]{0,10}$/);
const more = fc.option(
  fc.dictionary(fc.constantFrom('cache_control', 'x_one', 'x_two'), fc.jsonValue(), { maxKeys: 2 }),
  {
    nil: {},
  },
);
const data = fc.base64String({ minLength: 4 });
const textPart = fc.tuple(text, more).map(([said, extra]) => ({ type: 'text', text: said, ...extra }));
const part = fc.oneof(
  textPart,
  fc.constant({ type: 'text', text: '' }),
  fc
    .tuple(data, fc.constantFrom('image/png', 'image/jpeg'), fc.constantFrom({}, { detail: 'low' }), more)
    .map(([base64, type, detail, extra]) => ({
      type: 'image_url',
      image_url: { url: `data:${type};base64,${base64}`, ...detail },
      ...extra,
    })),
  fc.constantFrom('https://example.com/a.png', 'data:image/png;charset=x;base64,aaaa', 'data:,x').map((url) => ({
    type: 'image_url',
    image_url: { url },
  })),
  fc.tuple(data, fc.constantFrom('wav', 'mp3', 'mpeg', 'flac')).map(([base64, format]) => ({
    type: 'input_audio',
    input_audio: { data: base64, format },
  })),
  fc.tuple(data, fc.constantFrom({}, { filename: 'a.pdf' }, { filename: 'document.pdf' })).map(([base64, called]) => ({
    type: 'file',
    file: { file_data: `data:application/pdf;base64,${base64}`, ...called },
  })),
  fc.constantFrom({ type: 'file', file: { file_id: 'f-1' } }, { type: 'novel', of: ['any', 1] }),
);
const content = fc.oneof(text, fc.array(part));
const args = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  fc.constantFrom('', '{"a": 1', '{ "a" : 1 }'),
);
const said = fc.record(
  {
    content: fc.oneof(
      text,
      fc.constant(null),
      fc.constant(''),
      fc.array(textPart),
      fc.constant([{ type: 'refusal', refusal: 'no' }]),
    ),
    refusal: fc.oneof(text, fc.constant(null)),
    reasoning_content: fc.oneof(text, fc.constantFrom(null, '')),
    reasoning: text,
    name,
    audio: fc.constantFrom(null, { id: 'audio_1' }),
    annotations: fc.constant([]),
  },
  { requiredKeys: [] },
);
const result = fc.record(
  {
    content: fc.oneof(
      text,
      fc.constantFrom('', null),
      fc.array(fc.oneof(textPart, fc.constant({ type: 'image_url', image_url: { url: 'https://example.com/a' } }))),
    ),
    name,
  },
  { requiredKeys: ['content'] },
);
const call = fc.record({
  args,
  name,
  result,
  kind: fc.constantFrom('function', 'object', 'custom', 'signed', 'untyped'),
  rank: fc.nat(),
  id: fc.option(fc.constantFrom('call_1', 'call_2'), { nil: undefined }),
});

let ids = 0;
const round = fc
  .tuple(said, fc.uniqueArray(call, { minLength: 1, maxLength: 4, selector: ({ id }) => id ?? Symbol() }))
  .map(([message, calls]): Wire[] => {
    const made = calls.map((each) => ({ ...each, id: each.id ?? `id-${ids++}` }));
    const answers = [...made].sort((a, b) => a.rank - b.rank);
    return [
      { role: 'assistant', ...message, tool_calls: made.map(wireCall) },
      ...answers.map((each): Wire => ({ role: 'tool', tool_call_id: each.id, ...each.result })),
    ];
  });
function wireCall({ kind, id, name: called, args: given }: { kind: string; id: string; name: string; args: string }) {
  if (kind === 'custom') return { id, type: 'custom', custom: { name: called, input: given } };
  const fn = { name: called, arguments: kind === 'object' ? { given } : given };
  if (kind === 'untyped') return { id, function: fn };
  return { id, type: 'function', function: fn, ...(kind === 'signed' && { extra_content: { google: { sign: 'x' } } }) };
}
const oldRound = fc.tuple(name, args, text).map(([called, given, output]): Wire[] => [
  { role: 'assistant', content: null, function_call: { name: called, arguments: given } },
  { role: 'function', name: called, content: output },
]);
const user = fc
  .tuple(content, fc.option(name, { nil: undefined }))
  .map(([said, called]): Wire[] => [{ role: 'user', content: said, ...(called && { name: called }) }]);
const system = fc
  .tuple(fc.constantFrom('system' as const, 'developer' as const), fc.oneof(text, fc.array(textPart)))
  .map(([role, said]): Wire[] => [{ role, content: said }]);
const history = fc
  .array(
    fc.oneof(
      user,
      round,
      oldRound,
      system,
      said.map((each): Wire[] => [{ role: 'assistant', ...each }]),
    ),
  )
  .map((rounds) => rounds.flat());

/** What no endpoint carries. */
const bare = (messages: readonly Message[]) =>
  messages.map(({ id: _, at: __, extra: ___, ...message }) => ({
    ...message,
    parts: message.parts.map(({ extra: ____, ...each }) => each),
  }));

describe('a history of the chat completions API', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(history, (wire) => void expect(toOpenAi(fromOpenAi(wire))).toEqual(wire)),
      { numRuns: 500 },
    );
  });

  test('keeps ids unique, also where an endpoint counts them anew in every answer', () => {
    fc.assert(
      fc.property(history, (wire) => {
        const messages = fromOpenAi(wire);
        const calls = messages.flatMap(({ parts }) =>
          parts.flatMap((each) => (each.type === 'tool' ? [each.call] : [])),
        );
        expect(new Set(calls).size).toBe(calls.length);
        expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
      }),
    );
  });

  test('puts results to their calls, in whatever order they are', () => {
    const [, message] = fromOpenAi([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'one', arguments: '{}' } },
          { id: 'b', type: 'function', function: { name: 'two', arguments: '{"x":1}' } },
          { id: 'c', type: 'function', function: { name: 'three', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'A2' },
        ],
      },
    ]);
    expect(bare([message!])[0]!.parts).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'tool', call: 'a', name: 'one', args: '{}', state: 'done', output: 'A\nA2' },
      { type: 'tool', call: 'b', name: 'two', args: '{"x":1}', state: 'done', output: 'B' },
      { type: 'tool', call: 'c', name: 'three', args: '{}', state: 'pending' },
    ]);
  });

  test('with results behind a later message, or without a call, loses nothing and becomes one that is valid', () => {
    const wire = toOpenAi(
      fromOpenAi([
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'user', content: 'wait' },
        { role: 'tool', tool_call_id: 'a', content: 'late' },
        { role: 'tool', tool_call_id: 'nobody', content: 'lost' },
      ]),
    );
    expect(wire.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user', 'user']);
    expect(JSON.stringify(wire)).toMatch(/late.*wait.*lost/);
  });

  test('that was masked says what is there now, and keeps its form', () => {
    const wire: Wire[] = [
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'long '.repeat(9) }], name: 'f' },
    ];
    const masked = fromOpenAi(wire).map((message) => ({
      ...message,
      parts: message.parts.map((each) => (each.type === 'tool' ? { ...each, output: 'masked' } : each)),
    }));
    expect(toOpenAi(masked)).toEqual([wire[0], { role: 'tool', tool_call_id: 'a', content: 'masked', name: 'f' }]);
  });
});

const own = fc
  .array(
    fc.oneof(
      fc.record({
        role: fc.constant('user' as const),
        parts: fc.array(fc.record({ type: fc.constant('text' as const), text }), { minLength: 1 }),
      }),
      fc.record({
        role: fc.constant('assistant' as const),
        parts: fc
          .tuple(
            fc.option(fc.record({ type: fc.constant('reasoning' as const), text }), { nil: undefined }),
            fc.array(fc.record({ type: fc.constant('text' as const), text })),
            fc.array(
              fc.record({
                name,
                args,
                output: fc.string(),
                state: fc.constantFrom('done' as const, 'pending' as const),
              }),
            ),
          )
          .map(([thought, texts, calls]) => [
            ...(thought ? [thought] : []),
            ...texts,
            ...calls.map(({ output, state, ...each }) => ({
              type: 'tool' as const,
              call: `c${ids++}`,
              ...each,
              state,
              ...(state === 'done' && { output }),
            })),
          ]),
      }),
    ),
  )
  .map((messages) => {
    const first = messages.findIndex(({ role }) => role === 'user');
    return messages.map(
      (each, n): Message => ({ ...each, id: `x${n}`, at: 5, ...(n === first && { kind: 'task' as const }) }),
    );
  });

describe('a history of ours', () => {
  test('comes back from the chat completions API with all that it said', () => {
    fc.assert(
      fc.property(own, (messages) => void expect(bare(fromOpenAi(toOpenAi(messages)))).toEqual(bare(messages))),
    );
  });

  test('that is sent has an answer to every call, right behind it, with ids, names and arguments that are taken', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          own,
          history.map((wire) => fromOpenAi(wire)),
        ),
        (messages) => {
          const wire = toOpenAi(sendable(messages, 'openai'));
          let open: string[] = [];
          for (const { role, tool_call_id, tool_calls } of wire) {
            if (role === 'tool') {
              expect(open).toContain(tool_call_id);
              open = open.filter((id) => id !== tool_call_id);
              continue;
            }
            expect(open).toEqual([]);
            open = (tool_calls ?? []).map(({ id }) => id!);
            for (const { id, function: fn } of tool_calls ?? []) {
              expect(id).toMatch(/^[\w-]{1,40}$/);
              if (fn) expect(typeof JSON.parse(String(fn.arguments))).toBe('object');
            }
          }
          expect(open).toEqual([]);
          expect(wire.some((each) => each.role === 'function' || each.function_call)).toBe(false);
        },
      ),
    );
  });

  test('without an open call is answerable as it is; with one it says that it was interrupted', () => {
    const message = (state: 'pending' | 'done'): Message => ({
      id: 'm',
      at: 0,
      role: 'assistant',
      parts: [
        {
          type: 'tool',
          call: 'functions.f:0',
          name: 'a b',
          args: '"x',
          state,
          ...(state === 'done' && { output: 'o' }),
        },
      ],
    });
    const done = [message('done')];
    expect(answerable(done)).toBe(done);
    expect(answerable([message('pending')])[0]!.parts[0]).toMatchObject({
      state: 'error',
      output: expect.stringContaining('interrupted'),
    });
    expect(toOpenAi(sendable(done, 'openai'))).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1_functionsf0', type: 'function', function: { name: 'a_b', arguments: '{"unreadable":"\\"x"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1_functionsf0', content: 'o' },
    ]);
  });
});
