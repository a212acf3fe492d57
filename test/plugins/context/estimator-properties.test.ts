import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateTokens, type Message, type Part, TOKENIZERS, TokenCounter } from '#plugins/context/api';

const EDITS = 10_000;

const words = fc
  .array(
    fc.constantFrom(
      'the',
      'Größe',
      'camelCase',
      'HTTPServer2',
      '3.14',
      '東京',
      '你好',
      '한국어',
      '🙂',
      '{"a":1}',
      '\n',
      '—',
    ),
    {
      maxLength: 60,
    },
  )
  .map((all) => all.join(' '));
/** Whatever a string can be: halves of pairs, every plane, long runs, and text. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.nat({ max: 0xffff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 }), fc.nat({ max: 2_000 }))
    .map(([one, times]) => one.repeat(times)),
  words,
);

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: anyText }),
  fc.record({ type: fc.constant('reasoning' as const), text: anyText }),
  fc.record({
    type: fc.constant('tool' as const),
    call: fc.uuid(),
    name: fc.constantFrom('read_file', 'search', 'run'),
    args: words,
    state: fc.constant('done' as const),
    output: anyText,
  }),
);
const message = (id: number): fc.Arbitrary<Message> =>
  fc.record({
    id: fc.constant(`m${id}`),
    role: fc.constantFrom('user' as const, 'assistant' as const),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    at: fc.constant(0),
  });

describe('estimates', () => {
  test('never fail, and are whole, and are 0 for the empty text only', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...TOKENIZERS), (text, tokenizer) => {
        const tokens = estimateTokens(text, tokenizer);
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens > 0).toBe(text !== '');
        // No token is shorter than a byte.
        expect(tokens).toBeLessThanOrEqual(3 * text.length);
      }),
      { numRuns: 5_000 },
    );
  });

  test('take ten million characters without a break', () => {
    for (const one of ['a', '中', '🙂']) expect(estimateTokens(one.repeat(10_000_000 / one.length))).toBeGreaterThan(0);
    for (const one of ['A1', ' ', '7', '-', '\u0e01', '\ud83d', '\udc00', '\n', 'é'])
      expect(estimateTokens(one.repeat(1_000_000))).toBeGreaterThan(0);
  });

  test('of two texts one after the other are about the sum of both', () => {
    const sentences = fc.array(
      fc.constantFrom(
        'The cat sat. ',
        'const x = f(1);\n',
        '他說：好的。',
        '{"id": 42}\n',
        'Это дом. ',
        'naïve café, ',
      ),
      {
        minLength: 1,
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(sentences, sentences, fc.constantFrom(...TOKENIZERS), (first, second, tokenizer) => {
        const [a, b] = [first.join(''), second.join('')];
        const [one, other, both] = [a, b, a + b].map((text) => estimateTokens(text, tokenizer)) as [
          number,
          number,
          number,
        ];
        expect(both).toBeGreaterThanOrEqual(Math.max(one, other) - 2);
        expect(Math.abs(both - one - other)).toBeLessThanOrEqual(4 + 0.1 * (one + other));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('TokenCounter', () => {
  test(`counts the same with its memory as without, in ${EDITS.toLocaleString('en')} edits of a history`, () => {
    const edit = fc.record({
      kind: fc.constantFrom('add', 'replace', 'remove', 'copy', 'shuffle'),
      at: fc.nat(),
      message: message(0),
    });
    let edits = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...TOKENIZERS),
        fc.array(edit, { minLength: 100, maxLength: 100 }),
        (tokenizer, all) => {
          // Few entries, so that texts are forgotten and come back.
          const counter = new TokenCounter({ tokenizer, entries: 16 });
          let history: Message[] = [];
          for (const { kind, at, message: next } of all) {
            edits++;
            const place = history.length === 0 ? 0 : at % history.length;
            if (kind === 'add' || history.length === 0) history = [...history, next];
            else if (kind === 'replace') history = history.with(place, next);
            else if (kind === 'remove') history = history.toSpliced(place, 1);
            else if (kind === 'copy') history = structuredClone(history);
            else history = [...history.slice(place), ...history.slice(0, place)];
            expect(counter.messages(history)).toBe(
              new TokenCounter({ tokenizer, entries: 0 }).messages(structuredClone(history)),
            );
          }
        },
      ),
      { numRuns: EDITS / 100 },
    );
    expect(edits).toBeGreaterThanOrEqual(EDITS);
  });
});
