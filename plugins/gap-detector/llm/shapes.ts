import { z } from 'zod';

const capability = z
  .string()
  .min(1)
  .max(100)
  .transform((text) =>
    text
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
const keywords = z.array(z.string().max(100)).max(10).default([]);
const priority = z.enum(['high', 'medium', 'low']).catch('high');
const name = z.string().max(500);

/** First step: what the task is and needs. */
export const analysis = z.object({
  intent: z.string().max(2_000),
  scenario: z.string().max(500).default(''),
  complexity: z.enum(['simple', 'moderate', 'complex']).catch('moderate'),
  inputs: z.string().max(1_000).default(''),
  outputs: z.string().max(1_000).default(''),
  needs: z.array(z.object({ capability, keywords, priority })).max(20),
});
export type Analysis = z.output<typeof analysis>;

/** Second step. */
export const toolkitChoice = z.object({
  toolkits: z.array(z.object({ name, reason: z.string().max(1_000).default('') })).max(100),
});
export type ToolkitChoice = z.output<typeof toolkitChoice>;

/** Third step: what serves each need, and in which order. */
export const toolChoice = z.object({
  needs: z
    .array(
      z.object({ capability, tool: name.nullable(), reason: z.string().max(1_000).default(''), keywords: keywords }),
    )
    .max(20),
  steps: z
    .array(z.object({ goal: z.string().max(1_000), tool: name, backups: z.array(name).max(20).default([]) }))
    .max(50)
    .default([]),
  reasoning: z.string().max(4_000).default(''),
  confidence: z.number().min(0).max(1),
});
export type ToolChoice = z.output<typeof toolChoice>;
