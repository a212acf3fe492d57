import { z } from 'zod';

export const policyConfig = z.strictObject({
  file: z
    .string()
    .min(1)
    .default('config/policy.yaml')
    .describe('file of rules; where it is missing, the one that comes with the project is in force'),
  watchMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(500)
    .describe('how often the file is looked at for changes, in milliseconds; 0: only at start'),
  fileKb: z.number().int().min(1).max(65_536).default(1_024).describe('a larger file of rules is refused, in KiB'),
  pollMs: z
    .number()
    .int()
    .min(10)
    .max(3_600_000)
    .default(2_000)
    .describe('how often who waits for an approval looks whether another server on the same database decided it'),
  detailKb: z
    .number()
    .int()
    .min(1)
    .max(1_024)
    .default(64)
    .describe('what is shown to the person who decides is cut at this size, in KiB'),
  keepDays: z
    .number()
    .int()
    .min(2)
    .max(3_650)
    .default(90)
    .describe('decided approvals and the counts of past days are deleted after so many days'),
});
export type PolicyConfig = z.output<typeof policyConfig>;
