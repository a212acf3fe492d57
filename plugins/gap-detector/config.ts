import { z } from 'zod';

const count = (fallback: number, most: number) => z.number().int().min(1).max(most).default(fallback);

export const gapDetectorConfig = z.strictObject({
  strategy: z
    .enum(['retrieval', 'llm'])
    .default('retrieval')
    .describe('who judges: words and their meaning, or a model; where that fails, retrieval answers and says so'),
  llm: z
    .strictObject({
      profile: z.string().default('default').describe('which model of the plugin llm'),
      timeoutMs: count(60_000, 600_000).describe('its steps take no longer together, in ms; then retrieval answers'),
      toolsInPrompt: count(60, 1_000).describe('more tools than these, and toolkits are chosen first'),
      toolkitsInPrompt: count(200, 2_000).describe('most toolkits to choose from'),
      descriptionCharacters: count(400, 10_000).describe('longest description of a tool, in characters'),
    })
    .prefault({})
    .describe('of the strategy llm'),
  coverageThreshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('a task of which the tools cover less is a gap; 0.8 is an even chance, lower raises fewer gaps'),
  nearBest: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'installed tools are enough down to this share of what a server of the catalogs answers; 0: not compared',
    ),
  candidates: count(5, 50).describe('most tools named as those that would be used'),
  maxTools: count(2_000, 20_000).describe('most tools in one request'),
  maxTaskCharacters: count(20_000, 200_000).describe('longest description of a task, in characters'),
});
export type GapDetectorConfig = z.output<typeof gapDetectorConfig>;
