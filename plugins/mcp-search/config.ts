import { z } from 'zod';
import { secret } from '#kernel';

const ms = (fallback: number) => z.number().int().min(1).max(600_000).default(fallback);

export const mcpSearchConfig = z.strictObject({
  mode: z
    .enum(['local', 'remote', 'hybrid'])
    .default('hybrid')
    .describe(
      'local: the catalog only; remote: all but the catalog; hybrid: the catalog first, the others where it does not answer',
    ),
  catalog: z.string().default('config/catalog').describe('folder of catalog files (YAML), watched'),
  shipped: z.boolean().default(true).describe('whether the catalog that comes with the project is there too'),
  loadAfterMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(2_000)
    .describe('the catalog is read so long after the start, or when somebody asks, in milliseconds'),
  localEnough: z
    .number()
    .min(0)
    .max(1)
    .default(0.55)
    .describe('hybrid: where the catalog answers with at least this relevance, the other sources are not asked'),
  deadlineMs: ms(5_000).describe('what a source has not found after this is left out, in milliseconds'),
  verifyMs: ms(5_000).describe('longest look-up of one package, in milliseconds'),
  verifyMost: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(12)
    .describe('of the servers that were found, so many are looked up'),
  answerBytes: z
    .number()
    .int()
    .min(1_024)
    .default(8_388_608)
    .describe('a longer answer of a source is refused, in bytes'),
  registry: z
    .strictObject({
      url: z.string().default('https://registry.modelcontextprotocol.io').describe('base address; empty: not asked'),
      pages: z.number().int().min(1).max(20).default(2).describe('pages of 100 entries that a search reads at most'),
    })
    .prefault({})
    .describe('the official MCP registry'),
  github: z
    .strictObject({
      url: z.string().default('https://api.github.com').describe('base address; empty: not asked'),
      token: secret().default('').describe('raises the rate limit'),
    })
    .prefault({})
    .describe('GitHub repositories with the topic mcp-server'),
  npm: z
    .strictObject({
      url: z.string().default('').describe('base address; empty: the one that npm is configured with'),
      search: z.boolean().default(true).describe('whether it is searched; packages are looked up in any case'),
    })
    .prefault({})
    .describe('the npm registry'),
});
export type McpSearchConfig = z.output<typeof mcpSearchConfig>;
