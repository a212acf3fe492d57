import { z } from 'zod';

const whole = (min: number, max: number, fallback: number) => z.number().int().min(min).max(max).default(fallback);
const share = (fallback: number) => z.number().min(0).max(1).default(fallback);

export const evolutionConfig = z.strictObject({
  apply: z
    .enum(['ask', 'auto', 'never'])
    .default('ask')
    .describe(
      'ask: a person approves each change; auto: what policy allows is applied at once, and measured; never: nothing is applied',
    ),
  everyMs: whole(1_000, 86_400_000, 600_000).describe('how often it looks at the statistics, in milliseconds'),
  minUses: whole(2, 1_000_000, 20).describe('nothing is proposed for a tool that was used less'),
  worksFrom: share(0.7).describe('a tool does well where the lower bound of its success is at least this'),
  failsUntil: share(0.5).describe('a tool does badly where the upper bound of its success is at most this'),
  frequentFrom: share(0.05).describe('an error is frequent where the lower bound of its share of the uses is this'),
  togetherFrom: share(0.5).describe(
    'tools belong together where the lower bound of the share of runs with one that have the other is this, both ways',
  ),
  measure: z
    .strictObject({
      keepUses: whole(10, 1_000_000, 200).describe(
        'uses after which a change is kept, where nothing speaks against it',
      ),
      baselineUses: whole(20, 1_000_000, 500).describe(
        'at least so many of the newest uses are what it is compared with, and at most twice as many; all where there are fewer',
      ),
      everyUses: whole(1, 1_000, 5).describe('how often it is judged while it is measured, in uses'),
      restMs: whole(0, 31_536_000_000, 604_800_000).describe(
        'after a change was taken back, nothing new of its kind is proposed for its subject for so long, in milliseconds',
      ),
    })
    .prefault({})
    .describe('how a change is judged after it was applied'),
  limits: z
    .strictObject({
      waiting: whole(1, 1_000, 50).describe('proposals that may wait at the same time'),
      newOnes: whole(1, 1_000, 20).describe('proposals of one look'),
      runs: whole(10, 10_000, 500).describe('newest runs of each source that are looked into for errors and chains'),
      runsALook: whole(1, 10_000, 200).describe('runs of each source that one look reads'),
      notes: whole(80, 1_000, 600).describe('characters added to one description'),
      keepDays: whole(1, 3_650, 180).describe('what was denied or taken back is forgotten after so many days'),
    })
    .prefault({})
    .describe('limits of one look, and of what is kept'),
  llm: z
    .strictObject({
      profile: z.string().min(1).default('fast').describe('profile of llm that words descriptions'),
      calls: whole(0, 1_000, 10).describe('descriptions that a model words in one look; 0: templates word them'),
      timeoutMs: whole(1_000, 600_000, 60_000).describe('limit of one of these'),
    })
    .prefault({})
    .describe('a model that words what the figures say; without one, templates do'),
});
export type EvolutionConfig = z.output<typeof evolutionConfig>;
