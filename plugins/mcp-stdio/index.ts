import { z } from 'zod';
import { definePlugin, MAIN } from '#kernel';
import { MCP_ENDPOINT } from '#plugins/mcp-endpoint/api';
import { serveStdio } from './serve-stdio.ts';

export default definePlugin({
  name: 'mcp-stdio',
  summary: 'Serves the tools over standard input and output, for clients that start their servers as programs.',
  config: z.strictObject({
    mount: z
      .string()
      .startsWith('/mcp')
      .default('/mcp')
      .describe('what is served: /mcp, /mcp/search or /mcp/servers/{id}'),
    lineBytes: z
      .number()
      .int()
      .min(1_024)
      .default(16_777_216)
      .describe('the longest message; a longer one ends the program'),
  }),
  requires: { endpoint: MCP_ENDPOINT },
  provides: { main: MAIN },
  create: ({ config, endpoint }) => ({ main: { run: (_argv, signal) => serveStdio(endpoint, config, signal) } }),
});
