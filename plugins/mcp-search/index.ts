import { all, definePlugin } from '#kernel';
import { CACHE } from '#plugins/cache/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { TOOL_MATCHER, TOOL_SEARCH } from '#plugins/tool-search/api';
import { SEARCH_ENGINE, SEARCH_SOURCE } from './api.ts';
import { mcpSearchConfig } from './config.ts';
import { createMcpSearch } from './create.ts';

export default definePlugin({
  name: 'mcp-search',
  summary:
    'Finds MCP servers that could be installed: catalog, official registry, GitHub, npm; merged, looked up, ranked.',
  config: mcpSearchConfig,
  requires: { search: TOOL_SEARCH, matcher: TOOL_MATCHER },
  optional: { more: all(SEARCH_SOURCE), cache: CACHE, http: HTTP_SERVER },
  provides: { engine: SEARCH_ENGINE },
  create: ({ id, generation, ...parts }) => createMcpSearch({ ...parts, owner: { id, generation } }),
});
