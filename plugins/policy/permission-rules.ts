import { z } from 'zod';

const glob = z.string().min(1).max(1_000);
const globs = z
  .union([glob, z.array(glob).min(1).max(200)])
  .transform((one) => (typeof one === 'string' ? [one] : one));
const LONGEST_MS = 2_592_000_000;

const permission = z.strictObject({
  name: z.string().min(1).max(100).optional().describe('told with every decision that it makes'),
  tool: z.string().min(1).max(300).describe('server/tool, with * for any text'),
  command: globs
    .optional()
    .describe('a program with its arguments, with * for any text, e.g. "git push *"; the call runs one that fits'),
  args: z
    .record(z.string().min(1).max(300), globs)
    .optional()
    .describe('by name of an argument ("path", "options.*", "path|file"): what it is like; all of these must hold'),
  readOnly: z.boolean().optional().describe('the tool says that it only reads, or does not say so'),
  verdict: z.enum(['allow', 'ask', 'deny']).describe('allow: at once; ask: a person decides; deny: never'),
  reason: z.string().max(500).optional().describe('told with the decision'),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(LONGEST_MS)
    .default(300_000)
    .describe('how long a person may take to answer, in milliseconds'),
  onTimeout: z.enum(['allow', 'deny']).default('deny').describe('what counts where nobody answers in time'),
});
export type PermissionRule = z.output<typeof permission>;

export const permissions = z
  .array(permission)
  .max(1_000)
  .default([])
  .superRefine((rules, context) => {
    const names = new Set<string>();
    for (const [at, { name }] of rules.entries()) {
      if (name !== undefined && names.has(name))
        context.addIssue({ code: 'custom', path: [at, 'name'], message: 'another rule has this name' });
      if (name !== undefined) names.add(name);
    }
  })
  .describe('which calls agents may make; the last that matches decides; where none does, a person is asked');
