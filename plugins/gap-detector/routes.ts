import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { GapAnswer, GapDetector, GapRequest } from './api.ts';

const names = z.array(z.string().max(500)).max(100);
const tool = z
  .looseObject({
    tool_id: z.string().max(500).optional(),
    name: z.string().max(500).optional(),
    description: z.string().max(100_000).nullish(),
    capabilities: names.nullish(),
    parameters: z.unknown().optional(),
  })
  .refine(({ tool_id, name }) => tool_id !== undefined || name !== undefined, 'name or tool_id is missing');

/** As seed 000 section 1.1 has it. */
const body = z.object({
  task_description: z.string().default('').describe('what is to be done'),
  current_tools: z.array(tool).optional().describe('judged exactly as sent; left out: the registered tools'),
  required_capabilities: names.optional().describe('what the caller knows that it needs, e.g. image_generation'),
  context: z.looseObject({ user_preferences: names.optional(), constraints: names.optional() }).optional(),
});

export const addRoute = (http: HttpServer, owner: Owner, detector: GapDetector): Undo =>
  http.route({
    owner,
    method: 'POST',
    path: '/api/v1/tools/analyze-gap',
    scope: 'tools:read',
    tag: 'tools',
    summary: 'Whether a task needs a tool that is not there, and which.',
    body,
    handle: async ({ body, signal }) => ({ body: answerWire(await detector.analyze(requestOf(body), signal)) }),
  });

function requestOf({
  task_description,
  current_tools,
  required_capabilities,
  context,
}: z.output<typeof body>): GapRequest {
  return {
    task: task_description,
    ...(current_tools !== undefined && {
      tools: current_tools.map(({ tool_id, name, description, capabilities, parameters }) => ({
        name: name ?? tool_id ?? '',
        ...(description != null && { description }),
        ...(capabilities != null && { capabilities }),
        ...(parameters !== undefined && { parameters }),
      })),
    }),
    ...(required_capabilities && { requiredCapabilities: required_capabilities }),
    ...(context?.user_preferences && { preferences: context.user_preferences }),
    ...(context?.constraints && { constraints: context.constraints }),
  };
}

const answerWire = (answer: GapAnswer) => ({
  has_sufficient_tools: answer.sufficient,
  gap_analysis: {
    missing_capabilities: answer.missing.map(({ capability }) => capability),
    confidence_score: answer.confidence,
    coverage: answer.coverage,
    reasoning: answer.reasoning,
    strategy: answer.strategy,
    fallback: answer.fallback,
  },
  recommendations: answer.missing.map(({ capability, priority, keywords }) => {
    return { capability, priority, suggested_keywords: keywords };
  }),
  candidate_tools: answer.candidates,
  plan: answer.plan,
  cache_info: { cached: answer.cached, cache_age_seconds: Math.floor(answer.cacheAgeMs / 1_000) },
});
