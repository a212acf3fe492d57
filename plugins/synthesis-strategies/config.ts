import { z } from 'zod';

const characters = (value: number, most = 100_000) => z.number().int().min(200).max(most).default(value);

export const strategiesConfig = z.strictObject({
  profile: z
    .string()
    .min(1)
    .default('default')
    .describe('profile of llm whose model is looked for; the synthesizer asks it'),
  essenceCharacters: characters(600, 4000).describe('longest description of an essence'),
  seedCharacters: characters(2500, 20_000).describe('longest description of a seed'),
  maxSteps: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('max_steps of a seed at most, unless the shortest success needed more'),
  digest: z
    .strictObject({
      characters: characters(9000).describe('what a model reads of a run at most: about a quarter of it in tokens'),
      requestCharacters: characters(3000).describe('of it, the first request'),
      turnCharacters: characters(500).describe('of it, each later turn of the user'),
      argumentCharacters: z.number().int().min(0).max(10_000).default(160).describe('of it, the arguments of a call'),
      resultCharacters: z
        .number()
        .int()
        .min(0)
        .max(10_000)
        .default(160)
        .describe('of it, the result of a call; 0: only whether it failed'),
    })
    .prefault({})
    .describe('how a run is put to a model'),
});

export type StrategiesConfig = z.output<typeof strategiesConfig>;
