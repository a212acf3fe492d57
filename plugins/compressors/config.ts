import { z } from 'zod';

const tokens = (value: number) => z.number().int().min(0).max(100_000_000).default(value);
const share = (value: number) => z.number().min(0).max(0.9).default(value);

export const compressorsConfig = z.strictObject({
  prune: z
    .strictObject({
      protectTokens: tokens(40_000).describe('the newest tool outputs, so many tokens of them, stay whole'),
      protectShare: share(0.3).describe(
        'but never more than this share of the history, so that small windows gain too',
      ),
      minimumTokens: tokens(20_000).describe('nothing is masked where less than this would be won'),
      minimumShare: share(0.2).describe('or than this share of the history, whichever is less'),
      keepTurns: z
        .number()
        .int()
        .min(0)
        .max(100)
        .default(2)
        .describe('the newest outputs of so many of the last user turns stay whole whatever their size'),
      minOutputTokens: tokens(200).describe('shorter outputs stay: masking them wins nothing'),
    })
    .prefault({})
    .describe('masks old tool outputs'),
  summarize: z
    .strictObject({
      profile: z.string().min(1).default('fast').describe('profile of llm that writes the summaries'),
      maxSummaryTokens: tokens(2000).describe(
        'longest summary, beside the facts; never more than a quarter of the target',
      ),
      keepRecent: share(0.6).describe('share of the target that the newest messages have, word for word'),
      maxInputTokens: tokens(60_000).describe(
        'what the model is given to read at most; long texts are shortened for it',
      ),
    })
    .prefault({})
    .describe('lets a model summarise what is old'),
});

export type CompressorsConfig = z.output<typeof compressorsConfig>;
