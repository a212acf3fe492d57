import { z } from 'zod';

const ms = (least: number) => z.number().int().min(least).max(86_400_000);

export const mcpConfigConfig = z.strictObject({
  file: z.string().min(1).default('config/mcp.json').describe('file of server entries; it may be missing'),
  watch: z.boolean().default(true).describe('apply changes of the file while running'),
  debounceMs: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(40)
    .describe('how long the file must be quiet before it is read'),
  defaults: z
    .strictObject({
      start: z.enum(['eager', 'lazy']).default('eager').describe('when entries are connected that do not say'),
      connectMs: ms(10).default(20_000).describe('limit of start and handshake'),
      callMs: ms(10).default(60_000).describe('limit of one call'),
      idleMs: ms(0).default(600_000).describe('lazy, session and user connections without calls are closed after this'),
      poolMax: z.number().int().min(1).max(1024).default(16).describe('most connections of a session or user server'),
    })
    .prefault({})
    .describe('for entries that do not say otherwise'),
});
export type McpConfigOptions = z.output<typeof mcpConfigConfig>;
export type EntryDefaults = McpConfigOptions['defaults'];
