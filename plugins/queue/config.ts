import { z } from 'zod';

const count = (otherwise: number, least = 1) => z.number().int().min(least).max(1_000_000).default(otherwise);
const ms = (otherwise: number, least: number, most: number) => z.number().int().min(least).max(most).default(otherwise);
const DAY = 86_400_000;

const redis = z.strictObject({
  url: z
    .union([z.literal(''), z.url({ protocol: /^rediss?$/ })])
    .default('')
    .meta({ secret: true, description: 'redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS; empty: embedded' }),
  prefix: z
    .string()
    .min(1)
    .max(100)
    .default('datapresso:queue')
    .describe('before every key; who shares a Redis and this shares the jobs'),
  timeoutMs: ms(5_000, 10, 600_000).describe('a command that takes longer fails, in milliseconds'),
  connectMs: ms(5_000, 10, 600_000).describe('the start waits no longer for a connection, in milliseconds'),
  retryMs: ms(1_000, 10, 600_000).describe('longest pause between attempts to connect again, in milliseconds'),
});

const adapt = z.strictObject({
  start: count(4).describe('so many at once before anything is known'),
  probeCalls: count(250).describe(
    'a ceiling that was met is tried again after so many jobs, or as many seconds; after twice as many each time',
  ),
  maxProbeCalls: count(1_000).describe('and at most after so many'),
});

export const queueConfig = z.strictObject({
  redis: redis.prefault({}).describe('jobs are kept in this Redis, by BullMQ, and not in the database of `storage`'),
  leaseMs: ms(30_000, 100, DAY).describe(
    'a worker that is not heard of for this long loses its jobs to others; renewed three times as often, in milliseconds',
  ),
  pollMs: ms(1_000, 10, 3_600_000).describe(
    'how often a lane is looked at for jobs of other processes and for those that are due, in milliseconds',
  ),
  attempts: count(5).describe('a job that threw so often is failed'),
  pauseMs: ms(1_000, 1, DAY).describe('pause after the first attempt that threw; twice as long after each other one'),
  maxPauseMs: ms(300_000, 1, 30 * DAY).describe('longest pause between attempts, in milliseconds'),
  maxLost: count(10).describe('a job whose worker died so often is failed: it may be what kills them'),
  adapt: adapt.prefault({}).describe('lanes that find by themselves how many jobs at once the other side takes'),
  drainMs: ms(3_000, 0, DAY).describe('how long jobs at work may go on when their worker stops, in milliseconds'),
  graceMs: ms(1_000, 0, DAY).describe(
    'how long they have after their signal was aborted; then they are given back, in milliseconds',
  ),
  keepMs: ms(7 * DAY, 0, 3_650 * DAY).describe('jobs that are over are remembered for this long, in milliseconds'),
  keepJobs: count(10_000, 0).describe('and at most so many of a lane'),
  pruneMs: ms(600_000, 100, DAY).describe('how often those beyond are forgotten, in milliseconds'),
  maxPayloadBytes: z.number().int().min(2).max(67_108_864).default(1_048_576).describe('largest payload as JSON'),
});
export type QueueConfig = z.output<typeof queueConfig>;
