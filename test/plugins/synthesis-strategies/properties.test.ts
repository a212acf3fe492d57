import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dialogue, noModel, open, scripted, UNJUDGED } from './open-strategies.ts';

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'Hi!',
    'Cancel it. ',
    '请取消 ',
    'my ID is A1B2C3',
    '###STOP###',
    '```\ncode\n```',
    '<run-01>',
    '1. One\n2. Two',
    'if ',
    ', and save it to /a/b.md',
    '\\u0000',
    '{"a": "b"}',
  ),
);
const text = fc.array(word, { maxLength: 12 }).map((parts) => parts.join(' '));
const part = fc.oneof(
  text,
  text.map((said) => `agent: ${said}`),
  fc.record({
    tool: fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom('bash', 'get_x', 'srv/write_file')),
    args: fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<unknown>),
    result: text,
    error: fc.boolean(),
  }),
);

test('whatever a record holds, what is made of it is bounded, the same each time, and free of hidden characters', async () => {
  const { essenceStructural, essenceLlm, seedVariation } = await open();
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), text, async (parts, request) => {
      const of = () => dialogue([request, ...parts]);
      const essence = await essenceStructural.essence(of(), noModel);
      expect(await essenceStructural.essence(of(), noModel)).toEqual(essence);
      expect(essence.description.length).toBeLessThanOrEqual(600);
      const model = scripted(() => ({
        task_type: request,
        domain: request,
        description: request,
        complexity: 'low',
        key_features: [request],
      }));
      const asked = await essenceLlm.essence(of(), model.ask);
      expect(asked.task_type.length).toBeLessThanOrEqual(40);
      expect(asked.description.length).toBeLessThanOrEqual(600);
      expect(model.asked[0]!.user.match(/<\s*\/?\s*run-/gi)).toHaveLength(2);
      expect(model.asked[0]!.user.isWellFormed()).toBe(true);
      try {
        const seed = await seedVariation.seed({ ...of(), essence, difficulty: UNJUDGED, shortestSuccess: 7 }, noModel);
        expect(seed.max_steps).toBeGreaterThanOrEqual(7);
        const texts = [essence, asked, seed].flatMap(({ description, task_type, domain }) => [
          description,
          task_type,
          domain,
        ]);
        expect(texts.join('')).not.toMatch(/[[\p{Cc}\p{Cf}\p{Cs}]--[\n\t]]/v);
      } catch (error) {
        if ((error as { code?: string }).code !== 'SEED_UNUSABLE') throw error;
      }
    }),
    { numRuns: 150 },
  );
});
