import { z } from 'zod';

const whole = (otherwise: number, least: number, most: number) =>
  z.number().int().min(least).max(most).default(otherwise);

export const seedChecksConfig = z.strictObject({
  wellFormed: z
    .strictObject({
      shortest: whole(10, 1, 10_000).describe(
        'letters and digits that a description has at least; one of Chinese, Japanese or Korean counts as three',
      ),
      longest: whole(20_000, 10, 1_000_000).describe('characters that a description has at most'),
      longestLine: whole(2_000, 10, 100_000).describe('characters that a constraint or criterion has at most'),
    })
    .prefault({})
    .describe('of well-formed'),
  mostSteps: whole(1_000, 1, 1_000_000).describe(
    'of step-bound: a larger max_steps bounds nothing, unless the run itself took a quarter of it',
  ),
  answerLeak: z
    .strictObject({
      words: whole(10, 3, 100).describe('so many words of the answer in a row give it away'),
      characters: whole(16, 4, 1_000).describe('so many Chinese characters of the answer in a row do'),
      answerCharacters: whole(20_000, 100, 10_000_000).describe('characters of the answer that are compared at most'),
    })
    .prefault({})
    .describe('of answer-leak'),
  live: z
    .strictObject({
      k: whole(4, 1, 100).describe('pass_hat_k is the chance that so many trials in a row work'),
      trials: whole(4, 1, 1_000).describe('how often the calls are made again; at least k'),
      maxCalls: whole(100, 1, 100_000).describe('calls that one seed may cause, over all trials'),
      timeoutMs: whole(30_000, 1, 3_600_000).describe('longest time of one call, in milliseconds'),
      totalMs: whole(300_000, 1, 86_400_000).describe('longest time of all calls of a seed, in milliseconds'),
      liveEffects: z
        .boolean()
        .default(false)
        .describe('makes calls again that may change something: of tools that are not marked as read-only'),
    })
    .prefault({})
    .describe('of live, which checks only where the synthesizer names it'),
});
export type SeedChecksConfig = z.output<typeof seedChecksConfig>;
