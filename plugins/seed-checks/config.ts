import { z } from 'zod';

export const seedChecksConfig = z.strictObject({
  mostSteps: z.number().int().min(1).max(1_000_000).default(1_000).describe('a max_steps above this bounds nothing'),
});
export type SeedChecksConfig = z.output<typeof seedChecksConfig>;
