import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRedactor } from './open-redaction.ts';
import { PLANTS } from './plants.ts';

const forgetful = await openRedactor({ recentCharacters: 0 });
const remembering = await openRedactor({ recentCharacters: 4_000 });

const TEXTS = [
  ...PLANTS.flatMap(({ text }) => [text, JSON.stringify({ text }), Buffer.from(text).toString('base64')]),
  'login with correct-horse-9',
  'password: correct-horse-9',
  'nothing to see here, and nothing to hide',
];

test('texts that come again are redacted as if each were the first', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom(...TEXTS), { maxLength: 12 }), { maxLength: 12 }), (runs) => {
      for (const run of runs) {
        const [first, again] = [forgetful(), remembering()];
        expect(again.value(run)).toEqual(first.value(run));
        expect(again.counts).toEqual(first.counts);
      }
    }),
  );
});
