import { z } from 'zod';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';

const MAX_URL = 16_384;
const MAX_TEXT = 65_536;

const session = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
  .describe('the session_id that browser_navigate gave');
const ref = z
  .string()
  .regex(/^[a-z0-9]{1,32}$/, 'must be a ref such as e12')
  .describe('the ref of an element in the newest browser_read as a tree, such as e12');

/** Input schemas of all tools; they hold the limits, so they depend on the options. */
export function argumentSchemas(options: Options) {
  const { maxWaitSeconds, actionSeconds } = options;
  return {
    browser_navigate: z.strictObject({
      url: z.string().min(1).max(MAX_URL).describe('http or https, whole'),
      session_id: session
        .optional()
        .describe('go on in this session; without it a new one is opened and its id returned'),
    }),
    browser_read: z.strictObject({
      session_id: session,
      as: z
        .enum(['text', 'tree'])
        .default('tree')
        .describe('tree: roles, names and the refs that click and type take; text: the visible words'),
      offset: z.int().min(0).max(1_000_000_000).default(0).describe('go on where the answer before ended'),
    }),
    browser_click: z.strictObject({
      session_id: session,
      ref,
      double: z.boolean().default(false).describe('a double click'),
    }),
    browser_type: z.strictObject({
      session_id: session,
      ref,
      text: z.string().max(MAX_TEXT).describe('what the field holds afterwards; in a list the entry to choose'),
      submit: z.boolean().default(false).describe('press Enter afterwards'),
    }),
    browser_screenshot: z
      .strictObject({
        session_id: session,
        ref: ref.optional().describe('only this element'),
        full_page: z.boolean().default(false).describe('the whole page, not only what fits the window'),
      })
      .refine((input) => input.ref === undefined || !input.full_page, 'takes either ref or full_page'),
    browser_wait: z.strictObject({
      session_id: session,
      text: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .describe('wait until this text is seen; without it for the time alone'),
      gone: z.boolean().default(false).describe('wait until the text is not seen any more'),
      seconds: z
        .number()
        .positive()
        .max(maxWaitSeconds)
        .default(Math.min(actionSeconds, maxWaitSeconds))
        .describe('how long at most'),
    }),
    browser_back: z.strictObject({ session_id: session }),
    browser_close: z.strictObject({ session_id: session }),
  };
}

export type ArgumentSchemas = ReturnType<typeof argumentSchemas>;
export type ToolName = keyof ArgumentSchemas;

/** Throws BAD_INPUT with every problem, each with the path of its field. */
export function parseArguments<N extends ToolName>(
  schemas: ArgumentSchemas,
  name: N,
  args: unknown,
): z.output<ArgumentSchemas[N]> {
  const parsed = schemas[name].safeParse(args ?? {});
  if (parsed.success) return parsed.data as z.output<ArgumentSchemas[N]>;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`);
  throw new Fault('BAD_INPUT', problems.join('; '), `see the input schema of ${name}`);
}
