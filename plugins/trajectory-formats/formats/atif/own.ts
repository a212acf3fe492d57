import { z } from 'zod';
import { isObject, type JsonObject } from '../reading/members.ts';

/**
 * What ATIF has no member for is kept under `extra.datapresso`, so that a run that was written comes back as it was. It is
 * read from files that anybody may have written, so it is checked like the rest.
 */
const MEMBERS = z.custom<JsonObject>(isObject, 'expected an object');
const COUNT = z.int().nonnegative();

export const OWN_CALL = z.object({
  server: z.string().optional(),
  via: z.string().optional(),
  lookup: z.boolean().optional(),
});

const CALL = z.object({
  id: z.string(),
  tool: z.object({ server: z.string().optional(), name: z.string(), via: z.string().optional() }),
  args: MEMBERS,
  lookup: z.boolean().optional(),
});

/** Of a message (a step, or a result that is one): members that its place in ATIF does not hold. */
export const OWN_MESSAGE = z.object({
  /** tool: a result that stands for itself, in a step of its own. */
  role: z.literal('tool').optional(),
  reasoning: z.string().optional(),
  calls: z.array(CALL).optional(),
  answers: z.string().optional(),
  error: z.boolean().optional(),
  demo: z.boolean().optional(),
  at: z.number().optional(),
  extra: MEMBERS.optional(),
});

export const OWN_RUN = z.object({
  key: z.string(),
  task: z.string().optional(),
  session: z.string().optional(),
  /** The run names none; ATIF must have one. */
  unnamed: z.literal(true).optional(),
  /** The run has no message; ATIF must have a step. */
  empty: z.literal(true).optional(),
  startedAt: z.number().optional(),
  request: z.string(),
  outcome: z.object({
    success: z.boolean().nullable(),
    score: z.number().optional(),
    evidence: z.string().optional(),
    answer: z.string().optional(),
  }),
  counts: z.object({ messages: COUNT, user: COUNT, assistant: COUNT, toolCalls: COUNT, steps: COUNT }),
  /** Where its tokens are no whole numbers, as ATIF wants them. */
  usage: z
    .object({ inputTokens: z.number().optional(), outputTokens: z.number().optional(), usd: z.number().optional() })
    .optional(),
  reference: MEMBERS.optional(),
  license: z.string().optional(),
});

export type OwnRun = z.output<typeof OWN_RUN>;
