import { definePlugin } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { STORAGE } from '#plugins/storage/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { CACHE } from './api.ts';
import { LayeredCache } from './cache.ts';
import { cacheConfig } from './config.ts';
import { followRegistry } from './registry-changes.ts';
import { addRoutes } from './routes.ts';
import { MIGRATIONS } from './tables.ts';

export default definePlugin({
  name: 'cache',
  summary:
    'Keeps answers that were costly to get, in memory, Redis and the database, until time or an event voids them.',
  config: cacheConfig,
  requires: { storage: STORAGE },
  optional: { registry: TOOL_REGISTRY, http: HTTP_SERVER, telemetry: TELEMETRY },
  provides: { cache: CACHE },
  create({ id, generation, storage, registry, http, telemetry, config, log, signal, defer }) {
    const cache = new LayeredCache({ storage, telemetry, config, log, signal });
    return {
      cache,
      async start() {
        await storage.migrate('cache', MIGRATIONS);
        defer(() => cache.close());
        await cache.open();
        defer(cache.sweep.watch());
        telemetry?.gauge(
          'datapresso_cache_memory_bytes',
          'Size of the values in memory, about.',
          [],
          () => cache.memoryBytes,
        );
        telemetry?.gauge('datapresso_cache_layers_away', 'Layers that do not answer.', [], () => awayOf(cache).length);
        if (registry !== undefined) defer(followRegistry(registry, cache.tags));
        if (http === undefined) return;
        for (const undo of addRoutes({ http, owner: { id, generation }, cache, config })) defer(undo);
      },
      // Without a layer it goes on, so that is no illness.
      health: () => ({ ok: true, detail: { spaces: cache.statistics(), away: awayOf(cache) } }),
    };
  },
});

const awayOf = (cache: LayeredCache): string[] =>
  Object.entries(cache.away)
    .filter(([, reason]) => reason !== undefined)
    .map(([layer]) => layer);
