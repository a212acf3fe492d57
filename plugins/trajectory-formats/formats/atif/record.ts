import { z } from 'zod';
import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject } from '../reading/members.ts';
import { OWN_CALL, OWN_MESSAGE, OWN_RUN } from './own.ts';

const TEXT = z.unknown().default('').transform(contentText);
const WORDS = z.string().nullish();
const NUMBER = z.number().nullish().catch(undefined);
const MEMBERS = z.custom<JsonObject>(isObject, 'expected an object').nullish();

/** `extra` belongs to whoever wrote it; what this project put there is under its own name. */
const extra = <T>(own: z.ZodType<T>) => z.looseObject({ datapresso: own.optional() }).nullish();

const CALL = z.object({
  tool_call_id: z.string(),
  function_name: z.string(),
  arguments: z.unknown(),
  extra: extra(OWN_CALL),
});

const RESULT = z.object({
  source_call_id: WORDS,
  content: TEXT,
  subagent_trajectory_ref: z.unknown().optional(),
  extra: extra(OWN_MESSAGE),
});

const STEP = z.object({
  timestamp: z.unknown().optional(),
  source: z.enum(['system', 'user', 'agent']),
  message: TEXT,
  reasoning_content: WORDS,
  model_name: WORDS,
  is_copied_context: z.boolean().nullish(),
  tool_calls: z.array(CALL).nullish(),
  observation: z.object({ results: z.array(RESULT).default([]) }).nullish(),
  metrics: z.object({ prompt_tokens: NUMBER, completion_tokens: NUMBER, cost_usd: NUMBER }).nullish().catch(undefined),
  extra: extra(OWN_MESSAGE),
});

export const TRAJECTORY = z.object({
  schema_version: z.string(),
  session_id: WORDS,
  trajectory_id: WORDS,
  agent: z
    .object({
      name: WORDS,
      version: WORDS,
      model_name: WORDS,
      tool_definitions: z.unknown().optional(),
      extra: MEMBERS,
    })
    .nullish(),
  steps: z.array(STEP),
  final_metrics: z
    .object({ total_prompt_tokens: NUMBER, total_completion_tokens: NUMBER, total_cost_usd: NUMBER, extra: MEMBERS })
    .nullish(),
  continued_trajectory_ref: WORDS,
  subagent_trajectories: z.array(z.unknown()).nullish(),
  extra: extra(OWN_RUN),
});

export type AtifTrajectory = z.output<typeof TRAJECTORY>;
export type AtifStep = z.output<typeof STEP>;
export type AtifResult = z.output<typeof RESULT>;
