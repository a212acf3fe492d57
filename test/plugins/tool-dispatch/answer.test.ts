import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memberText, quickAnswer } from '../../../plugins/tool-dispatch/answer.ts';
import { idAtEnds, LineSplitter } from '../../../plugins/tool-dispatch/lines.ts';

/** JSON as servers write it: what JSON.parse and JSON.stringify would not give back is in it. */
const number = fc.oneof(
  fc.constantFrom('1.0', '1e21', '-0', '0.10', '1E+2', '12345678901234567890', '1.7976931348623157e309'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '"\\ud800"',
    '"\\u0041\\/\\""',
    '"\\\\"',
    '"a\\",\\"jsonrpc\\":\\"2.0\\",\\"id\\":7}"',
    '"🎈"',
    '"\\u2028"',
  ),
);
const space = fc.constantFrom('', ' ', '  ', '\t');
const json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text,
    fc.constantFrom('true', 'false', 'null', '{}', '[]'),
    fc.array(fc.tuple(space, tie('value'))).map((items) => `[${items.map(([gap, item]) => gap + item).join(',')}]`),
    fc
      // What repeated keys mean is nowhere laid down.
      .uniqueArray(fc.tuple(space, text, tie('value')), { selector: ([, key]) => JSON.parse(key) as string })
      .map((items) => `{${items.map(([gap, key, item]) => `${gap}${key}${gap}:${item}${gap}`).join(',')}}`),
  ),
})).value;

const envelopes = [
  (id: number, result: string) => `{"jsonrpc":"2.0","id":${id},"result":${result}}`,
  (id: number, result: string) => `{"result":${result},"jsonrpc":"2.0","id":${id}}`,
  (id: number, result: string) => `{"id":${id},"result":${result},"jsonrpc":"2.0"}`,
  (id: number, result: string) => `{ "jsonrpc" : "2.0", "result" : ${result} , "id" : ${id} }`,
];

test('a result is cut out as the server wrote it, whatever is in it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e14 }), json, fc.constantFrom(...envelopes), (id, result, envelope) => {
      const message = envelope(id, result);
      // Equal texts are equal values: what JSON.parse makes of them is not the question here.
      const quick = quickAnswer(message);
      if (quick !== undefined) expect([quick.id, quick.text]).toEqual([id, result]);
      expect(memberText(message, 'result')).toBe(result);
    }),
    { numRuns: 2000 },
  );
});

test('the two usual shapes take the quick way', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(envelopes[0]!, envelopes[1]!), (result, envelope) => {
      expect(quickAnswer(envelope(12, result))?.text).toBe(result);
    }),
  );
});

test.each([
  '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}',
  '{"jsonrpc":"2.0","id":1,"result":{},"x":1}',
  '{"jsonrpc":"2.0","id":1,"result":{}},{}',
  '{"result":{},"x":{},"jsonrpc":"2.0","id":1}',
  '{"result":{}}{"jsonrpc":"2.0","id":1}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":}}',
  '{"jsonrpc":"2.0","id":"1","result":{}}',
  '{"jsonrpc":"2.0","id":-1,"result":{}}',
  '{"jsonrpc":"2.0","id":1.5,"result":{}}',
  '',
  '}',
  '{"result":1}',
])('is not mistaken for a plain answer: %s', (message) => {
  expect(quickAnswer(message)).toBeUndefined();
});

test('of a repeated member the last one counts, as in JSON.parse', () => {
  const message = '{"result":1,"id":3,"res\\u0075lt": {"a":1.0} }';
  expect(memberText(message, 'result')).toBe('{"a":1.0}');
});

test('lines come out whole however the bytes were cut; a too long one is told by its ends', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => !/[\r\n]/.test(value));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (lines, cuts) => {
      const seen: string[] = [];
      const long: number[] = [];
      const limit = 64;
      const splitter = new LineSplitter(
        { line: (got) => seen.push(got), tooLong: (_h, _t, bytes) => long.push(bytes) },
        limit,
      );
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = cuts[i % cuts.length]!;
        splitter.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(seen).toEqual(lines.filter((one) => Buffer.byteLength(one) <= limit));
      expect(long).toEqual(lines.map((one) => Buffer.byteLength(one)).filter((size) => size > limit));
    }),
  );
});

test('the id of a discarded answer is found at either end', () => {
  const filler = 'x'.repeat(500);
  expect(idAtEnds(`{"jsonrpc":"2.0","id":42,"result":{"a":"${filler}`, filler)).toBe(42);
  expect(idAtEnds(`{"result":{"a":"${filler}`, `${filler}"},"jsonrpc":"2.0","id":43}`)).toBe(43);
  expect(idAtEnds(`{"result":{"id":7,"a":"${filler}`, `${filler}"}`)).toBeUndefined();
});
