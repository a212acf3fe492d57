import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { SearchEngine, SearchSource } from './api.ts';

interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly engine: SearchEngine;
  readonly remotes: ReadonlyMap<string, SearchSource>;
}

export const addRoutes = ({ http, owner, engine, remotes }: RouteParts): readonly Undo[] => [
  http.route({
    owner,
    method: 'POST',
    path: '/api/v1/servers/search',
    scope: 'tools:read',
    tag: 'servers',
    summary: 'Servers that could be installed, from every source, with what speaks for and against each.',
    body: z.object({
      query: z.string().min(1).max(2_000).describe('what is needed'),
      capabilities: z.array(z.string().max(200)).max(50).default([]),
      k: z.number().int().min(1).max(50).default(10).describe('how many at most'),
      mode: z.enum(['local', 'remote', 'hybrid']).optional(),
    }),
    handle: async ({ body, signal }) => {
      const { mode, ...query } = body;
      const { candidates, sources, cached } = await engine.search({ ...query, ...(mode && { mode }) }, signal);
      return {
        body: {
          candidates,
          sources: sources.map(({ durationMs, retryAt, ...rest }) => ({
            ...rest,
            duration_ms: durationMs,
            retry_at: retryAt === undefined ? undefined : new Date(retryAt).toISOString(),
            rate_limit: remotes.get(rest.source)?.limit?.(),
          })),
          cached,
        },
      };
    },
  }),
];
