import { z } from 'zod';
import { secret } from '#kernel';
import { patternProblem } from './pattern-check.ts';

const level = z.enum(['secrets', 'all']);

export const redactionConfig = z.strictObject({
  level: level
    .default('all')
    .describe('what goes where a caller says nothing: secrets alone, or personal data and private addresses too'),
  secrets: z
    .array(secret().min(4).max(10_000))
    .max(1_000)
    .default([])
    .describe('values that are secrets wherever they stand, as they are and encoded'),
  names: z
    .array(
      z
        .string()
        .regex(/^[\p{L}\p{N}_. -]{3,40}$/u, 'letters, digits, blanks and _ . - (3 to 40 of them)')
        .describe('one name, such as `door_code` or `门禁码`'),
    )
    .max(100)
    .default([])
    .describe('further names whose values are secrets'),
  patterns: z
    .array(
      z.strictObject({
        kind: z
          .string()
          .regex(/^[A-Z][A-Z_]{1,29}$/, 'capital letters and underscores, such as EMPLOYEE_ID')
          .describe('stands in the placeholder: `<EMPLOYEE_ID_1>`'),
        pattern: z
          .string()
          .min(2)
          .max(200)
          .superRefine((source, context) => {
            const problem = patternProblem(source);
            if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
          })
          .describe('a regular expression that is fast on every text; its first group, if any, is the value'),
        ignoreCase: z.boolean().default(false).describe('whether capitals and small letters are the same'),
        level: level.default('secrets').describe('from which level on it is used'),
      }),
    )
    .max(50)
    .default([])
    .describe('further shapes to take out'),
  keep: z
    .array(z.string().min(1).max(500))
    .max(1_000)
    .default([])
    .describe('values that stay although they have a shape, such as a public contact address'),
  maxDepth: z
    .number()
    .int()
    .min(8)
    .max(2_000)
    .default(500)
    .describe('what lies deeper in plain data is left out as `<TOO_DEEP_1>`'),
  recentCharacters: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(8_000_000)
    .describe('what was found in texts of so many characters is remembered for when they come again; 0: none'),
  maxKnown: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(20_000)
    .describe('so many secrets that were found by their names are also looked for without them'),
});
export type RedactionConfig = z.output<typeof redactionConfig>;
