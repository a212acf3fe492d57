import { z } from 'zod';

const count = (fallback: number, least = 1) => z.number().int().min(least).default(fallback);

export const toolSearchConfig = z.strictObject({
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
