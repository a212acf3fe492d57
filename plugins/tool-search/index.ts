import { definePlugin } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { STORAGE } from '#plugins/storage/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_MATCHER, TOOL_SEARCH } from './api.ts';
import { Catalog } from './catalog.ts';
import { toolSearchConfig } from './config.ts';
import { IndexedSearch } from './engine.ts';
import { ListMatcher } from './matcher.ts';
import { addRoutes } from './routes.ts';

export default definePlugin({
  name: 'tool-search',
  summary: 'Finds tools and servers, installed ones and those of catalogs, by a need told in words.',
  config: toolSearchConfig,
  requires: { registry: TOOL_REGISTRY },
  optional: { storage: STORAGE, http: HTTP_SERVER },
  provides: { search: TOOL_SEARCH, matcher: TOOL_MATCHER },
  create: ({ registry, storage, http, config, defer, id, generation }) => {
    const catalog = new Catalog(storage, config);
    const search = new IndexedSearch(registry, catalog, config);
    return {
      search,
      matcher: new ListMatcher(),
      start: async () => {
        await catalog.open();
        if (http === undefined) return;
        for (const undo of addRoutes({ http, owner: { id, generation }, registry, search })) defer(undo);
      },
      health: () => ({ ok: true, detail: { catalog: catalog.counts } }),
    };
  },
});
