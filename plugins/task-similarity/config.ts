import { z } from 'zod';

const share = (otherwise: number) => z.number().min(0.05).max(1).default(otherwise);
const count = (otherwise: number, most: number) => z.number().int().min(1).max(most).default(otherwise);

export const taskSimilarityConfig = z.strictObject({
  identity: z
    .strictObject({
      certainty: share(0.35).describe('two single runs may be of one task from this likeness on'),
      likeness: share(0.2).describe(
        'two large groups of runs may be from this average likeness on, smaller ones from one in between; a higher one makes more and smaller clusters',
      ),
      contrast: share(0.75).describe(
        'two groups of runs stay apart where they are less alike than this share of how alike each is within itself',
      ),
      maxCharacters: count(20_000, 10_000_000).describe('of what the users of a run said, so much is looked at'),
      maxArguments: count(5_000, 1_000_000).describe('of the values of the arguments of a run, so many are looked at'),
    })
    .prefault({})
    .describe('which runs are of the same task'),
  nearDuplicates: z
    .strictObject({
      threshold: share(0.67).describe('texts are near-duplicates from this Jaccard similarity of their n-grams on'),
      maxCharacters: count(100_000, 10_000_000).describe('of a longer text its head and tail of this size together'),
      maxBucket: count(2_000, 1_000_000).describe(
        'of texts that agree in one band of their signatures, the newest so many are compared',
      ),
    })
    .prefault({})
    .describe('which texts are nearly the same'),
  contamination: z
    .strictObject({
      threshold: share(0.72).describe('a text holds a listed task that has this share of its n-grams together there'),
      shortest: count(12, 10_000).describe('a listed task of fewer n-grams is only found where it is the whole text'),
      maxCharacters: count(200_000, 100_000_000).describe('of a listed task or a text, so much is looked at'),
    })
    .prefault({})
    .describe('which texts hold a task of a list'),
});
export type TaskSimilarityConfig = z.output<typeof taskSimilarityConfig>;
