import { z } from 'zod';
import { secret } from '#kernel';

export const approvalCliConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:8090')
    .describe('address of the running server'),
  apiKey: secret().default('').describe('a key with the scope admin; empty where the server asks for none'),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(600_000)
    .default(10_000)
    .describe('how long the server may take to answer, in milliseconds'),
});
export type ApprovalCliConfig = z.output<typeof approvalCliConfig>;
