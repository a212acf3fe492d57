import { z } from 'zod';
import { nameOf, secret } from '#kernel';
import { SERVER_RUNNER } from './api.ts';

const ms = (fallback: number, most: number) => z.number().int().min(1).max(most).default(fallback);

export const provisionerConfig = z.strictObject({
  waitMs: z
    .number()
    .int()
    .min(0)
    .default(60_000)
    .describe('how long a request waits for its tool before it is answered with the job, in milliseconds'),
  jobMs: ms(600_000, 86_400_000).describe('longest a job may work, without its wait for an approval, in milliseconds'),
  handshakeMs: ms(60_000, 600_000).describe(
    'how long a new server may take until its tools are listed, in milliseconds',
  ),
  recoverMs: ms(300_000, 3_600_000).describe(
    'how long bringing back one server after a restart may take, in milliseconds',
  ),
  candidates: z.number().int().min(1).max(50).default(8).describe('how many servers that were found are judged'),
  attempts: z.number().int().min(1).max(10).default(3).describe('how many of them are tried where installing fails'),
  runners: z
    .array(nameOf(SERVER_RUNNER))
    .default([])
    .describe(
      'runners in the order in which they are asked to take a server; others come after, as the pipeline has them',
    ),
  minRelevance: z
    .number()
    .min(0)
    .max(1)
    .default(0.35)
    .describe('a server that answers the need less than this is not offered'),
  nearBest: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('a server that needs no approval goes before a better one that does, down to this share of its score'),
  maxServers: z.number().int().min(0).default(50).describe('most servers installed at the same time'),
  concurrency: z.number().int().min(1).max(16).default(2).describe('how many are installed at the same moment'),
  keepJobs: z.number().int().min(10).default(1_000).describe('finished jobs that are remembered'),
  callMs: ms(60_000, 3_600_000).describe('longest call to an installed server, in milliseconds'),
  idleMs: z
    .number()
    .int()
    .min(0)
    .default(600_000)
    .describe('an installed server without calls is stopped after this; 0: never'),
  updates: z
    .enum(['off', 'tell', 'auto'])
    .default('off')
    .describe(
      'newer versions of installed servers: not looked for; told in the log; installed where the rules allow it',
    ),
  updateEveryMs: ms(86_400_000, 2_147_483_647).describe('how often newer versions are looked for, in milliseconds'),
  secrets: z
    .record(z.string(), secret())
    .default({})
    .describe('values for secrets that servers declare, by name; a server gets only those that it declares'),
  backing: z
    .array(z.string())
    .default([])
    .describe(
      'what servers may rely on because it is there and set up, by the names of the catalog: git, postgresql, chromium',
    ),
  prestart: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe('so many installed servers, those that were called most until now, are up before their first call'),
  preload: z.array(z.string()).default([]).describe('servers that are installed at start, by identity as npm:NAME'),
});
export type ProvisionerConfig = z.output<typeof provisionerConfig>;
