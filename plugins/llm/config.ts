import { z } from 'zod';
import { secret } from '#kernel';

const address = z.union([z.literal(''), z.url({ protocol: /^https?$/ })]);
const ms = (fallback: number) => z.number().int().min(100).max(3_600_000).default(fallback);

const MODEL = {
  url: address
    .default('')
    .describe(
      'base of an OpenAI-compatible API, such as http://127.0.0.1:11434/v1; empty: OpenAI itself, where a key is set',
    ),
  model: z.string().max(200).default('').describe('name of the model; empty: nothing that needs a model works'),
  apiKey: secret().default('').describe('key of that API; local servers mostly need none'),
  json: z
    .enum(['schema', 'object', 'text'])
    .default('schema')
    .describe('how an answer of a given shape is asked for; what the API refuses is not asked again in this process'),
  timeoutMs: ms(60_000).describe('no attempt takes longer'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('attempts after 408, 409, 429, 5xx and lost connections'),
  repairs: z
    .number()
    .int()
    .min(0)
    .max(5)
    .default(1)
    .describe('how often an answer that does not fit is asked for again'),
  maxOutputTokens: z.number().int().min(1).max(1_000_000).default(2_048).describe('longest answer'),
  maxAnswerKb: z.number().int().min(1).max(1_048_576).default(16_384).describe('largest answer, in KiB'),
  maxInputCharacters: z
    .number()
    .int()
    .min(100)
    .max(50_000_000)
    .default(400_000)
    .describe('longest request, in characters'),
  concurrency: z.number().int().min(1).max(1_000).default(8).describe('calls at the same time; others wait'),
};

/** What a profile leaves out is as in the default one. */
const profile = z.strictObject(
  Object.fromEntries(Object.entries(MODEL).map(([name, field]) => [name, field.unwrap().optional()])) as {
    [K in keyof typeof MODEL]: z.ZodOptional<ReturnType<(typeof MODEL)[K]['unwrap']>>;
  },
);

export const llmConfig = z.strictObject({
  ...MODEL,
  profiles: z
    .record(z.string().regex(/^[a-z][\w-]{0,39}$/), profile)
    .default({})
    .describe('further models by name, such as fast and strong; what is left out is as above'),
  embedding: z
    .strictObject({
      url: address.optional().describe('empty or left out: as above'),
      apiKey: secret().default('').describe('empty: as above where the address is the same'),
      model: z.string().max(200).default('').describe('name of the model that embeds; empty: none'),
      timeoutMs: ms(30_000).describe('no attempt takes longer'),
      retries: z.number().int().min(0).max(10).default(1).describe('attempts after 429, 5xx and lost connections'),
      batch: z.number().int().min(1).max(2_048).default(64).describe('texts in one request'),
      maxAnswerKb: z.number().int().min(1).max(1_048_576).default(65_536).describe('largest answer to a batch, in KiB'),
      maxCharacters: z
        .number()
        .int()
        .min(100)
        .max(100_000)
        .default(8_000)
        .describe('what is longer is cut, in characters'),
    })
    .prefault({})
    .describe('the model that turns texts into vectors'),
});
export type LlmConfig = z.output<typeof llmConfig>;
export type ProfileConfig = Omit<LlmConfig, 'profiles' | 'embedding'>;
