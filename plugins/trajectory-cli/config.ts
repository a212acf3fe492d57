import { z } from 'zod';

export const trajectoryCliConfig = z.strictObject({
  listLimit: z.number().int().min(1).max(1_000_000).default(20).describe('how many runs `list` shows without --limit'),
  width: z.number().int().min(40).max(10_000).default(160).describe('characters of a step that `show` prints'),
});
export type TrajectoryCliConfig = z.output<typeof trajectoryCliConfig>;
