import { z } from 'zod';

const count = (fallback: number, most: number) => z.number().int().min(1).max(most).default(fallback);

export const seedChecksConfig = z.strictObject({
  mostSteps: count(1_000, 1_000_000).describe('a max_steps above this bounds nothing'),
  maxArgumentCharacters: count(200_000, 10_000_000).describe('longer arguments of a call are not checked'),
  description: z
    .strictObject({
      least: count(12, 10_000).describe('a shorter description is refused, in characters; one of Chinese counts as two'),
      most: count(20_000, 1_000_000).describe('a longer description is refused, in characters'),
    })
    .prefault({})
    .describe('of well-formed'),
  answer: z
    .strictObject({
      words: count(8, 100).describe('so many words in a row of an answer or a result give it away'),
      characters: count(14, 200).describe('the same for Chinese characters'),
      maxCharacters: count(2_000_000, 100_000_000).describe('results are looked through so far, together'),
    })
    .prefault({})
    .describe('of answer-leak'),
  live: z
    .strictObject({
      enabled: z.boolean().default(false).describe('runs recorded calls again; off, the check says unverified'),
      k: count(4, 100).describe('so many times'),
      liveEffects: z
        .boolean()
        .default(false)
        .describe('also calls of tools that are not marked readOnly: they do again what they did'),
      maxCalls: count(20, 1_000).describe('so many different calls of a seed at most'),
      timeoutMs: count(30_000, 3_600_000).describe('a call takes no longer, in ms'),
      totalMs: count(300_000, 86_400_000).describe('all calls of a seed take no longer, in ms; what was done until then counts'),
    })
    .prefault({})
    .describe('of live'),
});
export type SeedChecksConfig = z.output<typeof seedChecksConfig>;
