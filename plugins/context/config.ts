import { z } from 'zod';
import { nameOf } from '#kernel';
import { COMPRESSOR } from './api.ts';

const share = (value: number) => z.number().min(0.01).max(1).default(value);
const count = (from: number, to: number, value: number) => z.number().int().min(from).max(to).default(value);

export const contextConfig = z.strictObject({
  compress: z
    .array(nameOf(COMPRESSOR))
    .optional()
    .describe('strategies, in the order in which they are asked when a window fills; left out: prune, then summarize'),
  windowTokens: count(512, 100_000_000, 128_000).describe(
    'what a model takes, input and output together, where the caller does not say',
  ),
  answerTokens: count(0, 10_000_000, 8192).describe(
    'kept free for the answer; the rest of the window is what a request may have',
  ),
  triggerShare: share(0.7).describe('above this share of what a request may have, the history is compressed'),
  enoughShare: share(0.6).describe('below this share, no further strategy is asked'),
  targetShare: share(0.25).describe(
    'what a strategy aims for, so that the next time is far away: this share of what system prompt and tools leave',
  ),
  minShrink: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe('a result that takes less than this share off the messages is discarded'),
  maxSummariesPerTurn: count(0, 1000, 2).describe('calls of a model for summaries until the user writes again'),
  protectedTools: z
    .array(z.string().min(1))
    .default(['load_skill', 'read_skill'])
    .describe('tools whose outputs are never masked'),
  strategyTimeoutMs: count(100, 3_600_000, 120_000).describe(
    'a strategy that takes longer is given up, in milliseconds',
  ),
  outputs: z
    .strictObject({
      dir: z.string().min(1).default('data/context').describe('folder of the outputs that were masked'),
      maxMb: count(1, 1_000_000, 512).describe('the ones used least recently go first, in MiB'),
      maxAgeDays: count(1, 3650, 30).describe('unused for longer, they go'),
    })
    .prefault({})
    .describe('whole outputs behind the masked ones'),
});

export type ContextConfig = z.output<typeof contextConfig>;

/** Asked where the pipeline names no strategies, as far as they are there. */
export const DEFAULT_CHAIN: readonly string[] = ['prune', 'summarize'];
