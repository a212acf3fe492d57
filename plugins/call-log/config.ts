import { z } from 'zod';

export const callLogConfig = z.strictObject({
  keepMs: z
    .number()
    .int()
    .min(60_000)
    .max(2_592_000_000)
    .default(86_400_000)
    .describe('how long a key is known, in milliseconds'),
  maxCalls: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('keys known; the oldest that have ended go first'),
  maxOutcomeBytes: z
    .number()
    .int()
    .min(65_536)
    .max(16_777_216)
    .default(4_194_304)
    .describe('a larger outcome is not kept: its key answers CALL_NOT_KEPT'),
  maxBytes: z
    .number()
    .int()
    .min(65_536)
    .default(268_435_456)
    .describe('all kept outcomes together; the oldest are dropped first, their keys stay known'),
});
export type CallLogConfig = z.output<typeof callLogConfig>;
