import { z } from 'zod';

export const toolCliConfig = z.strictObject({
  settleMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(30_000)
    .describe('how long to wait for servers that are being started, before tools are listed or looked up'),
  timeoutMs: z.number().int().min(0).max(3_600_000).default(0).describe('limit of a call; 0: that of its server'),
});
export type ToolCliConfig = z.output<typeof toolCliConfig>;
