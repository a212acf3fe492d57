import { z } from 'zod';

const example = z.strictObject({
  description: z.string().optional().describe('what the example shows'),
  parameters: z.record(z.string(), z.unknown()).describe('arguments as a caller would send them'),
});

export const registryConfig = z.strictObject({
  toolkits: z
    .record(
      z.string(),
      z.strictObject({
        description: z.string().optional().describe('one sentence above the tools of this toolkit'),
        tools: z.array(z.string()).describe('tool ids (`server/tool`), or server ids for all tools of a server'),
      }),
    )
    .default({})
    .describe('groups of tools; they override the toolkit that a server names for itself'),
  tools: z
    .record(
      z.string(),
      z.strictObject({
        description: z.string().optional().describe("shown instead of the tool's own description"),
        examples: z.array(example).default([]).describe('examples in addition to those of the tool'),
        capabilities: z.array(z.string()).default([]).describe('capabilities in addition to those of the server'),
        toolkit: z.string().optional().describe('toolkit of this one tool'),
      }),
    )
    .default({})
    .describe('additions to single tools, by tool id'),
  text: z
    .strictObject({
      maxDescription: z.number().int().min(80).default(1200).describe('characters kept of a tool description'),
      maxParameter: z.number().int().min(40).default(240).describe('characters kept of a parameter description'),
      maxExamples: z.number().int().min(0).default(2).describe('examples shown for each tool'),
      figuresMs: z
        .number()
        .int()
        .min(1000)
        .default(600_000)
        .describe('how often texts may change because of how often tools were used, and with what success'),
      minUses: z.number().int().min(1).default(5).describe('nothing is said of a tool that was used less'),
    })
    .prefault({})
    .describe('limits of the text that is made for language models'),
  schemas: z
    .strictObject({
      maxBytes: z.number().int().min(1024).default(262_144).describe('larger tool schemas are not compiled'),
      maxDepth: z.number().int().min(4).default(64).describe('deeper tool schemas are not compiled'),
      cache: z.number().int().min(1).default(4096).describe('compiled schemas that are kept, shared by equal ones'),
      maxProblems: z.number().int().min(1).default(10).describe('problems listed for one call'),
    })
    .prefault({})
    .describe('limits of argument checking'),
  saveDelayMs: z.number().int().min(0).default(200).describe('how long changes are gathered before they are written'),
  statisticsMs: z.number().int().min(50).default(5000).describe('how often call statistics are written'),
  keepManifestsDays: z
    .number()
    .int()
    .min(1)
    .default(180)
    .describe('tool lists of servers not seen for longer are dropped'),
});
export type RegistryConfig = ReturnType<typeof registryConfig.parse>;
