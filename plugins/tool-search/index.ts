import { definePlugin } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM } from '#plugins/llm/api';
import { STORAGE } from '#plugins/storage/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_MATCHER, TOOL_SEARCH } from './api.ts';
import { Catalog } from './catalog.ts';
import { toolSearchConfig } from './config.ts';
import { IndexedSearch } from './engine.ts';
import { ListMatcher } from './matcher.ts';
import type { Meaning } from './meaning/meaning.ts';
import { addRoutes } from './routes.ts';

export default definePlugin({
  name: 'tool-search',
  summary: 'Finds tools and servers, installed ones and those of catalogs, by a need told in words.',
  config: toolSearchConfig,
  requires: { registry: TOOL_REGISTRY },
  optional: { storage: STORAGE, http: HTTP_SERVER, llm: LLM },
  provides: { search: TOOL_SEARCH, matcher: TOOL_MATCHER },
  create: ({ registry, storage, http, llm, config, log, signal, defer, id, generation }) => {
    const catalog = new Catalog(storage, config);
    const search = new IndexedSearch(registry, catalog, config);
    let meaning: Meaning | undefined;
    return {
      search,
      matcher: new ListMatcher(),
      start: async () => {
        await catalog.open();
        if (config.strategy !== 'lexical') {
          if (llm?.embeddingModel === undefined)
            log.warn(`Strategy ${config.strategy} needs an embedding model: searches go by words alone.`, {
              hint: 'set llm.embedding.model (and .url) in the pipeline, or tool-search.strategy to lexical',
            });
          if (llm !== undefined) {
            const { Meaning } = await import('./meaning/meaning.ts');
            meaning = new Meaning({ llm, storage, config, parts: () => search.parts(), log, signal });
            search.use(meaning);
            defer(meaning.begin());
            defer(registry.onChange(({ type }) => type !== 'server_health' && meaning?.changed()));
          }
        }
        if (http === undefined) return;
        for (const undo of addRoutes({ http, owner: { id, generation }, registry, search })) defer(undo);
      },
      health: () => ({
        ok: true,
        detail: { catalog: catalog.counts, strategy: config.strategy, ...(meaning && { embedding: meaning.detail }) },
      }),
    };
  },
});
