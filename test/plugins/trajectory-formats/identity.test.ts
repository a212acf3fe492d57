import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { fileOf, openFormats, readAll } from './reading.ts';

const formats = await openFormats();
async function runOf(content: string, name?: string): Promise<ImportedRun> {
  const { runs, bad, refused } = await readAll(formats, fileOf(content, name));
  expect([bad, refused, runs.length]).toEqual([[], [], 1]);
  return runs[0]!;
}

/** The same JSON with its members in another order. */
function shuffled(value: unknown, order: (names: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => shuffled(each, order));
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(members)).map((name) => [name, shuffled(members[name], order)]));
}

const name = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text !== '__proto__' && !/^\d/.test(text));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('any'), { maxLength: 3 }),
  object: fc.dictionary(name, tie('any'), { maxKeys: 4 }),
}));
const run = fc.record({
  text: fc.string({ unit: 'binary' }),
  tool: name,
  args: fc.dictionary(name, value.any, { maxKeys: 4 }),
  result: fc.string(),
  reward: fc.constantFrom(0, 1),
});
type Made = typeof run extends fc.Arbitrary<infer T> ? T : never;
const recordOf = ({ text, tool, args, result, reward }: Made) => ({
  reward,
  messages: [
    { role: 'user', content: text },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: tool, arguments: args } }],
    },
    { role: 'tool', tool_call_id: 'c', content: result },
  ],
});

/** The same JSON with every letter of its strings as an escape. */
const escaped = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"/g, (string) =>
    string.replace(/\\u[0-9a-f]{4}|\\.|[a-z]/gs, (letter) =>
      letter.length > 1 ? letter : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );

test('order of members, indentation, escapes, container and name of the file do not matter', async () => {
  const orders: readonly ((names: string[]) => string[])[] = [
    (names) => names,
    (names) => names.toReversed(),
    (names) => names.toSorted(),
  ];
  await fc.assert(
    fc.asyncProperty(run, fc.constantFrom(...orders), fc.nat(4), async (made, order, indent) => {
      const record = recordOf(made);
      const here = await runOf(JSON.stringify(record));
      const moved = JSON.stringify(shuffled(record, order), null, indent);
      expect(JSON.parse(escaped(moved))).toEqual(record);
      const there = await runOf(`[${escaped(moved)}]`, 'other.json');
      expect(there.id).toBe(here.id);
      expect(here.id).toMatch(/^[0-9a-f]{32}$/);
    }),
    { numRuns: 40 },
  );
});

test('what was said, called, answered or reached does', async () => {
  await fc.assert(
    fc.asyncProperty(run, run, async (one, other) => {
      const ids = new Map<string, string>();
      const versions: Made[] = [
        one,
        { ...one, text: other.text },
        { ...one, tool: other.tool },
        { ...one, args: other.args },
        { ...one, result: other.result },
        { ...one, reward: one.reward === 1 ? 0 : 1 },
      ];
      for (const version of versions) {
        const { id } = await runOf(JSON.stringify(recordOf(version)));
        const { text, tool, args, result, reward } = version;
        const content = JSON.stringify([text, tool, shuffled(args, (names) => names.toSorted()), result, reward]);
        expect(ids.get(id) ?? content).toBe(content);
        ids.set(id, content);
      }
      expect(ids.size).toBe(new Set(ids.values()).size);
    }),
    { numRuns: 40 },
  );
});

test('texts cannot be moved from one message into the next', async () => {
  const chat = (...texts: string[]) =>
    JSON.stringify({ messages: texts.map((content) => ({ role: 'user', content })) });
  const ids = await Promise.all(
    [['a', 'b', 'c'], ['ab', 'c'], ['a', 'bc'], ['abc'], ['a\nuser 1:b', 'c'], ['', 'abc']].map((texts) =>
      runOf(chat(...texts)),
    ),
  );
  expect(new Set(ids.map(({ id }) => id)).size).toBe(6);
});
