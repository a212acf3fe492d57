import { z } from 'zod';

export const synthesisCliConfig = z.strictObject({
  watch: z
    .array(z.string().min(1))
    .default([])
    .describe('files and folders of trajectories that are worked where the command line names none'),
  lineMs: z
    .number()
    .int()
    .min(100)
    .max(3_600_000)
    .default(10_000)
    .describe('how often a line of progress is written where there is no terminal, in milliseconds'),
});
export type SynthesisCliConfig = z.output<typeof synthesisCliConfig>;
