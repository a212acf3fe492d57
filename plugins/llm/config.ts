import { z } from 'zod';
import { secret } from '#kernel';

const address = z.union([z.literal(''), z.url({ protocol: /^https?$/ })]);
const whole = (min: number, max: number, fallback: number) => z.number().int().min(min).max(max).default(fallback);
const ms = (fallback: number) => whole(100, 3_600_000, fallback);

const MODEL = {
  provider: z
    .enum(['auto', 'openai', 'anthropic'])
    .default('auto')
    .describe(
      'whose protocol it speaks; auto: of Anthropic where the address is theirs, or there is none and the model is a claude, else of OpenAI',
    ),
  url: address
    .default('')
    .describe('base of the API, such as http://127.0.0.1:11434/v1; empty: the provider itself, where a key is set'),
  model: z.string().max(200).default('').describe('name of the model; empty: nothing that needs a model works'),
  apiKey: secret().default('').describe('key of that API; local servers mostly need none'),
  json: z
    .enum(['schema', 'object', 'text'])
    .default('schema')
    .describe('how an answer of a given shape is asked for; what the API refuses is not asked again in this process'),
  timeoutMs: ms(60_000).describe('no attempt to get an answer of a given shape takes longer'),
  chatTimeoutMs: ms(600_000).describe('no attempt to get the next message of a conversation takes longer'),
  idleMs: ms(120_000).describe('longest silence of a stream, before its first word too'),
  retries: whole(0, 10, 2).describe(
    'attempts after 408, 409, 429, 5xx, lost connections and streams that end in the middle',
  ),
  retryMs: whole(1, 60_000, 500).describe(
    'pause before the first of these where the API names none; each next is twice as long',
  ),
  maxRetryAfterMs: whole(0, 3_600_000, 60_000).describe('longest pause before a retry, whatever the API names'),
  repairs: whole(0, 5, 1).describe('how often an answer of a given shape that does not fit is asked for again'),
  maxOutputTokens: whole(1, 1_000_000, 4_096).describe('longest answer'),
  maxAnswerKb: whole(1, 1_048_576, 16_384).describe('largest answer, in KiB as it is sent'),
  maxInputCharacters: whole(100, 50_000_000, 400_000).describe(
    'longest request for an answer of a given shape, in characters',
  ),
  concurrency: whole(1, 1_000, 8).describe('calls at the same time; others wait'),
  cachePrompt: z
    .boolean()
    .default(true)
    .describe('Anthropic: system prompt, tools and history of a conversation are marked for its cache'),
  sendReasoning: z
    .enum(['turn', 'always', 'never'])
    .default('turn')
    .describe(
      'what an OpenAI-compatible API gets back of thoughts: those since the last message of the user (none at OpenAI itself), all, none',
    ),
  extraBody: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('further members of every request, such as reasoning_effort or thinking'),
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
      retries: whole(0, 10, 1).describe('attempts after 429, 5xx and lost connections'),
      batch: whole(1, 2_048, 64).describe('texts in one request'),
      maxAnswerKb: whole(1, 1_048_576, 65_536).describe('largest answer to a batch, in KiB'),
      maxCharacters: whole(100, 100_000, 8_000).describe('what is longer is cut, in characters'),
    })
    .prefault({})
    .describe('the model that turns texts into vectors'),
  prices: z
    .string()
    .min(1)
    .default('config/prices.yaml')
    .describe('what models cost; without such a file the one that comes with the project counts'),
  runsKept: whole(1, 1_000_000, 1_000).describe('runs whose usage is remembered, those used last'),
});
export type LlmConfig = z.output<typeof llmConfig>;
