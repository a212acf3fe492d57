import { z } from 'zod';

const ms = (fallback: number, text: string) => z.number().int().min(1).default(fallback).describe(text);
const count = (fallback: number, text: string) => z.number().int().min(1).default(fallback).describe(text);
const MiB = 1024 * 1024;

export const configSchema = z.strictObject({
  dir: z
    .string()
    .default('data')
    .describe('where started processes are recorded, so that the next start can end those a killed server left'),
  maxResultBytes: count(16 * MiB, 'a longer answer is thrown away as it comes and the call fails; in bytes'),
  maxListBytes: count(32 * MiB, 'of a longer list of tools only the first ones within this are taken; in bytes'),
  maxQueueBytes: count(64 * MiB, 'how much may wait for a server that does not read; in bytes'),
  drainMs: ms(30_000, 'how long calls in flight may go on when their server is replaced or removed'),
  maxCallMs: ms(3_600_000, 'however much progress a call reports, it ends after this'),
  progressResets: z.boolean().default(true).describe('whether a progress message starts the timeout of its call anew'),
  retry: z
    .boolean()
    .default(true)
    .describe('whether a call of a read-only or idempotent tool is sent again when its server was lost'),
  startConcurrency: count(8, 'how many servers are started at the same time'),
  poolShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.75)
    .describe('how much of the connections of a session or user server one principal may hold, where several use it'),
  probeMs: ms(3000, 'how long a server may take to say whether it speaks the modern era'),
  eraTtlMs: ms(86_400_000, 'how long that verdict is kept'),
  stopMs: ms(1000, 'how long a process gets to end after its input closed, and again after SIGTERM'),
  stderrBytes: count(64 * 1024, 'how much of the newest stderr of each server is kept for error messages'),
  breaker: z
    .strictObject({
      failures: count(5, 'so many timeouts, or failed starts, in a row close the way to a server'),
      coolDownMs: ms(10_000, 'after this a server that timed out is asked whether it is there again'),
    })
    .prefault({})
    .describe('when calls to a server fail at once instead of waiting'),
  backoff: z
    .strictObject({
      minMs: ms(1000, 'pause before the second attempt to start a server; doubled with each further one'),
      maxMs: ms(60_000, 'longest pause'),
      stableMs: ms(10_000, 'a server that ran so long starts with the shortest pause again'),
    })
    .prefault({})
    .describe('how a server that broke is started again'),
  oauth: z
    .record(
      z.string(),
      z.strictObject({
        issuer: z.url().describe('the authorization server that may see these credentials, and no other'),
        clientId: z.string().min(1).describe('our name there'),
        clientSecret: z.string().min(1).describe('our secret there'),
        scope: z
          .string()
          .optional()
          .describe('scopes to ask for, separated by spaces; default: those that the server names'),
      }),
    )
    .default({})
    .describe('by server id: client credentials (OAuth 2.1) for HTTP servers that want a token'),
});
export type Config = z.output<typeof configSchema>;
