import { z } from 'zod';

export const trajectoryCliConfig = z.strictObject({
  listLimit: z.number().int().min(1).max(1_000_000).default(20).describe('how many runs `list` shows without --limit'),
  width: z.number().int().min(40).max(10_000).default(160).describe('characters of a step that `show` prints'),
  batchRuns: z.number().int().min(1).max(10_000).default(100).describe('runs that `import` stores at a time'),
  batchMb: z.number().int().min(1).max(1_024).default(1).describe('and at most so many megabytes of their files'),
  progressMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(200)
    .describe('how often `import` tells a terminal how far it is, in milliseconds'),
});
export type TrajectoryCliConfig = z.output<typeof trajectoryCliConfig>;
