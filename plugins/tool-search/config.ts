import { z } from 'zod';

const count = (fallback: number, least = 1) => z.number().int().min(least).default(fallback);

const ms = (fallback: number, least = 1) => z.number().int().min(least).max(3_600_000).default(fallback);

const embedding = z.strictObject({
  weight: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('strategy `hybrid`: share of the likeness of meaning in the score; the rest is that of words'),
  leastCosine: z
    .number()
    .min(-1)
    .max(1)
    .default(0.25)
    .describe('what is less alike in meaning is not found by it; how alike unrelated texts are depends on the model'),
  queryTimeoutMs: ms(1_500).describe('a query whose vector takes longer is answered by words, in milliseconds'),
  queryCache: count(500, 0).describe('vectors of so many queries are kept in memory'),
  batch: z
    .number()
    .int()
    .min(1)
    .max(2_048)
    .default(64)
    .describe('texts of documents that are embedded with one request'),
  timeoutMs: ms(30_000).describe('longest such request, in milliseconds'),
  maxTexts: count(50_000).describe('most texts that have vectors; more documents are found by words alone'),
  maxCharacters: count(2_000).describe('of a text so much is embedded, in characters'),
  documentPrefix: z.string().default('').describe('stands before each text, where the model wants it: `passage: `'),
  queryPrefix: z.string().default('').describe('stands before each query, where the model wants it: `query: `'),
  retryMs: ms(1_000).describe('after a failure the endpoint is left alone so long, twice as long each time'),
  maxRetryMs: ms(60_000).describe('but no longer than this, in milliseconds'),
  keepUnusedMs: z
    .number()
    .int()
    .min(0)
    .default(604_800_000)
    .describe('a stored vector that no text has used for so long is deleted, in milliseconds'),
});
export type EmbeddingConfig = z.output<typeof embedding>;

export const toolSearchConfig = z.strictObject({
  strategy: z
    .enum(['lexical', 'embedding', 'hybrid'])
    .default('lexical')
    .describe('lexical: by words; embedding: by meaning, with the embedding model of `llm`; hybrid: both'),
  nameWeight: z.number().min(0).default(2).describe('how much a word in a name counts against one in a text'),
  parameterWeight: z.number().min(0).default(1).describe('how much a word in a parameter counts'),
  k1: z.number().min(0).max(10).default(2).describe('BM25: how slowly repetition of a word stops to count'),
  b: z.number().min(0).max(1).default(0.9).describe('BM25: how much long texts are marked down'),
  cosine: z.number().min(0).max(2).default(0.4).describe('how much the cosine of word weights counts against BM25'),
  naming: z
    .number()
    .min(0)
    .max(2)
    .default(0.6)
    .describe('how much it counts that the query has the words of a name, the more of them the more'),
  translation: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('how much the English for a Chinese word of the query counts against the word itself'),
  likeness: z.number().min(0).max(1).default(0.25).describe('share of the likeness of characters in the score'),
  rerank: count(100).describe('of so many documents found by words the likeness of characters is looked at'),
  leastLikeness: z
    .number()
    .min(0)
    .max(1)
    .default(0.12)
    .describe('where no word is known: what is less alike is not found'),
  maxDocuments: count(100_000).describe('most catalog documents, of all sources'),
  maxDocumentBytes: count(262_144).describe('largest catalog document, in bytes of JSON'),
  embedding: embedding.prefault({}).describe('strategies `embedding` and `hybrid`'),
});
export type ToolSearchConfig = z.output<typeof toolSearchConfig>;
export type LexicalConfig = Pick<
  ToolSearchConfig,
  | 'nameWeight'
  | 'parameterWeight'
  | 'k1'
  | 'b'
  | 'cosine'
  | 'naming'
  | 'translation'
  | 'likeness'
  | 'rerank'
  | 'leastLikeness'
>;
