import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STEP_KINDS, type Step } from '#plugins/trajectory/api';
import { openBench, start } from './open-trajectory.ts';

const { open } = openBench();

/** All of Unicode, halves of pairs too, NUL first now and then, some of it long. */
const unicode = fc.string({ unit: 'binary', maxLength: 40 });
const halves = fc
  .array(fc.constantFrom('\ud83d', '\ude00', 'a', '\u0000', '"', '\\', '\n', '東'), { maxLength: 20 })
  .map((all) => all.join(''));
const text = fc.oneof(
  unicode,
  halves,
  unicode.map((each) => `\0${each}`),
);
const long = fc.tuple(text, fc.integer({ min: 100, max: 400 })).map(([each, times]) => `${each}_`.repeat(times));
const huge = fc.tuple(text, fc.integer({ min: 60_000, max: 80_000 })).map(([each, times]) => `${each}é.`.repeat(times));
const anyText = fc.oneof({ weight: 10, arbitrary: text }, { weight: 3, arbitrary: long });
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    anyText,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('data'), { maxLength: 5 }),
  map: fc.dictionary(fc.oneof(unicode, fc.constantFrom('__proto__', 'toString', 'length')), tie('data'), {
    maxKeys: 5,
  }),
}));
const step: fc.Arbitrary<Step> = fc.record(
  {
    kind: fc.constantFrom(...STEP_KINDS),
    turn: fc.nat(),
    at: fc.nat(),
    durationMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    input: fc.dictionary(unicode, data, { maxKeys: 4 }),
    output: data,
    success: fc.boolean(),
    llm: fc.record({
      model: fc.constant('m'),
      inputTokens: fc.nat(),
      outputTokens: fc.nat(),
      prompt: anyText,
      response: anyText,
    }),
    phase: fc.constantFrom('begun' as const, 'ended' as const),
  },
  { requiredKeys: ['kind', 'turn', 'at'] },
);
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('what goes in comes out, as JSON has it', { timeout: 60_000 }, async () => {
  const { trajectories, lines } = await open();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 8 }),
      anyText,
      data,
      anyText,
      async (steps, task, settings, answer) => {
        const begun = start(`r-${++runs}`, { task, settings: { settings } });
        const end = { reason: 'done', at: 1, answer };
        const run = await trajectories.open(begun);
        for (const each of steps) run.step(each);
        await run.finish(end);
        const records = steps.map((each, at) => ({ ...asJson(each), index: at + 1 }));
        const expected = { ...asJson(begun), state: 'ended', steps: steps.length, end, records };
        // Compared as text: `toEqual` takes own and inherited members of the same name for the same.
        const sorted = (_: string, value: unknown): unknown =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
            : value;
        expect(JSON.stringify(await trajectories.get(begun.id), sorted)).toBe(JSON.stringify(expected, sorted));
      },
    ),
    { numRuns: 150 },
  );
  expect(lines).toEqual([]);
});

test('texts of any length come out as they went in', { timeout: 60_000 }, async () => {
  const { trajectories } = await open();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(huge, async (output) => {
      const run = await trajectories.open(start(`r-${++runs}`));
      run.step({ kind: 'thought', turn: 1, at: 1, output });
      await run.finish({ reason: 'done', at: 1 });
      expect((await trajectories.get(run.id)).records[0]!.output === output).toBe(true);
    }),
    { numRuns: 15 },
  );
});
