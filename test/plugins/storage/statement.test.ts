import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStatement } from '../../../plugins/storage/statement.ts';

/** Pieces of SQL, each with the number of values that it takes. */
const word = fc.stringMatching(/^[a-z0-9_ (),.=<>*+\n]{0,12}$/);
const inside = (alphabet: RegExp) => fc.stringMatching(alphabet);
const piece = fc.oneof(
  word.map((text) => ({ text: ` ${text} `, takes: 0 })),
  fc.constant({ text: ' ? ', takes: 1 }),
  inside(/^[a-z?;"$\-/*\\ ]{0,12}$/).map((text) => ({ text: ` '${text}''?' `, takes: 0 })),
  inside(/^[a-z?;'$\-/* ]{0,12}$/).map((text) => ({ text: ` "${text}" `, takes: 0 })),
  inside(/^[a-z?;'"$ ]{0,12}$/).map((text) => ({ text: ` -- ${text}\n`, takes: 0 })),
  inside(/^[a-z?;'"$ ]{0,12}$/).map((text) => ({ text: ` /* ${text} /* ? */ ${text} */ `, takes: 0 })),
  inside(/^[a-z?;'"$ ]{0,12}$/).map((text) => ({ text: ` $tag$${text}$tag$ `, takes: 0 })),
  inside(/^[a-z?; ]{0,12}$/).map((text) => ({ text: ` E'${text}\\'?' `, takes: 0 })),
);

test('placeholders are counted and numbered in order, and nothing else is changed', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.map((each) => each.text).join('');
      const statement = readStatement(text);
      expect(statement.placeholders).toBe(pieces.reduce((sum, each) => sum + each.takes, 0));
      let number = 0;
      const expected = pieces.map((each) => (each.takes === 1 ? each.text.replace('?', `$${++number}`) : each.text));
      expect(statement.numbered).toBe(expected.join(''));
    }),
    { numRuns: 500 },
  );
});

test('any text is read in bounded time or refused with a fault', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('?', "'", '"', '-', '/', '*', '$', ';', 'E', 'a', '\\', '\n'), maxLength: 60 }),
      (text) => {
        try {
          readStatement(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORAGE_STATEMENT' });
        }
      },
    ),
    { numRuns: 2_000 },
  );
  const begun = performance.now();
  for (const unit of ["'", "E'\\", '/*', '$a$', '--', '; ', '"']) {
    try {
      readStatement(unit.repeat(50_000));
    } catch {}
  }
  expect(performance.now() - begun).toBeLessThan(1_000);
});
