import { z } from 'zod';

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most);
const YEAR_MS = 366 * 86_400_000;

export const LAYERS = ['memory', 'redis', 'persistent'] as const;
export type LayerName = (typeof LAYERS)[number];

const spaceOptions = z.strictObject({
  ttlMs: milliseconds(0, YEAR_MS).optional().describe('how long a value is fresh; 0: for good'),
  staleMs: milliseconds(0, YEAR_MS)
    .optional()
    .describe('how long after its end a value is still given where it cannot be computed anew'),
  layers: z
    .array(z.enum(LAYERS))
    .optional()
    .describe('where values are kept, fastest first; empty: nowhere, equal computations are only shared'),
  maxEntries: z.number().int().min(1).max(10_000_000).optional().describe('most values in each layer but Redis'),
});
export interface SpaceOptions {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly layers: readonly LayerName[];
  readonly maxEntries: number;
}

export const cacheConfig = z.strictObject({
  spaces: z
    .record(z.string().min(1).max(200), spaceOptions)
    .default({})
    .describe(
      'by the name of the space: ttlMs, staleMs, layers, maxEntries; what is left out is as in the table below',
    ),
  otherSpaces: spaceOptions.prefault({}).describe('the same for spaces that are not in the table below'),
  memory: z
    .strictObject({
      maxMb: z.number().int().min(1).max(65_536).default(64).describe('size of all values in memory, about, in MiB'),
    })
    .prefault({})
    .describe('the layer `memory`: what is used least goes first'),
  redis: z
    .strictObject({
      url: z
        .union([z.literal(''), z.url({ protocol: /^rediss?$/ })])
        .default('')
        .describe('redis://USER:PASSWORD@HOST:PORT/DB; empty: no such layer'),
      prefix: z.string().max(100).default('').describe('before every key, where others use the same database'),
      timeoutMs: milliseconds(5, 60_000)
        .default(250)
        .describe('no caller waits longer for an answer; then Redis is left alone until it answers again'),
      connectMs: milliseconds(10, 60_000).default(1_000).describe('the start waits no longer for a connection'),
      retryMs: milliseconds(10, 600_000).default(1_000).describe('how often it is tried again while it is away'),
      keepMs: milliseconds(1_000, YEAR_MS)
        .default(30 * 86_400_000)
        .describe('values without an end are kept so long there'),
    })
    .prefault({})
    .describe('the layer `redis`, shared by every server that uses it'),
  persistent: z
    .strictObject({
      maxMb: z.number().int().min(1).max(1_048_576).default(256).describe('size of all values in the database, in MiB'),
      sweepMs: milliseconds(100, 86_400_000)
        .default(60_000)
        .describe('how often what is over, or too much, is deleted'),
      timeoutMs: milliseconds(5, 60_000).default(1_000).describe('no caller waits longer for the database'),
      retryMs: milliseconds(10, 600_000).default(1_000).describe('how often it is tried again while it is away'),
    })
    .prefault({})
    .describe('the layer `persistent`, in the database of `storage`'),
  maxValueKb: z
    .number()
    .int()
    .min(1)
    .max(1_048_576)
    .default(1_024)
    .describe('a larger value is given, not kept, in KiB'),
  maxTags: z
    .number()
    .int()
    .min(10)
    .max(10_000_000)
    .default(10_000)
    .describe('tags whose invalidations are remembered one by one; when there are more, everything kept is void once'),
  computeTimeoutMs: milliseconds(100, 86_400_000)
    .default(300_000)
    .describe('a computation that takes longer is ended, and fails'),
});
export type CacheConfig = z.output<typeof cacheConfig>;
