import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { CacheStatistics } from './api.ts';
import type { LayeredCache } from './cache.ts';
import type { CacheConfig } from './config.ts';
import { optionsOf } from './spaces.ts';

interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly cache: LayeredCache;
  readonly config: CacheConfig;
}

export const addRoutes = ({ http, owner, cache, config }: RouteParts): readonly Undo[] => [
  http.route({
    owner,
    method: 'GET',
    path: '/api/v1/cache',
    scope: 'tools:read',
    tag: 'cache',
    summary: 'What is kept, how often it served, and which layers answer.',
    handle: () => {
      const spaces = Object.entries(cache.statistics());
      return {
        body: {
          layers: Object.entries(cache.away).map(([layer, reason]) => ({
            layer,
            available: reason === undefined,
            reason,
          })),
          memory_bytes: cache.memoryBytes,
          spaces: spaces.map(([name, counts]) => spaceWire(name, counts, config)),
        },
      };
    },
  }),
  http.route({
    owner,
    method: 'DELETE',
    path: '/api/v1/cache/:space',
    scope: 'admin',
    tag: 'cache',
    summary: 'Forgets every value of a space, on every server that shares it.',
    params: z.object({ space: z.string().max(200) }),
    answers: { 404: { description: 'CACHE_SPACE_UNKNOWN: there is no such space.' } },
    handle: async ({ params }) => {
      await cache.clear(params.space);
      return { status: 204 };
    },
  }),
];

function spaceWire(name: string, counts: CacheStatistics, config: CacheConfig) {
  const { ttlMs, staleMs, layers, maxEntries } = optionsOf(name, config);
  const served = counts.hits + counts.joined + counts.stale;
  const all = served + counts.misses;
  return {
    space: name,
    ...counts,
    hit_ratio: all === 0 ? null : served / all,
    ttl_ms: ttlMs,
    stale_ms: staleMs,
    layers,
    max_entries: maxEntries,
  };
}
