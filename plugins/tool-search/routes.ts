import { z } from 'zod';
import { fault, type Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { CatalogDocument, SearchHit, ToolSearch } from './api.ts';

export interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly registry: ToolRegistry;
  readonly search: ToolSearch;
}

const document = z.looseObject({
  id: z.string().min(1).max(400),
  kind: z.enum(['server', 'tool']),
  name: z.string().min(1).max(400),
  title: z.string().nullish(),
  description: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  category: z.string().nullish(),
  server: z.string().nullish(),
  server_title: z.string().nullish(),
  server_description: z.string().nullish(),
  tools: z.array(z.looseObject({ name: z.string(), description: z.string().nullish() })).nullish(),
});
const source = z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, _ . -, at most 64');

export function addRoutes({ http, owner, registry, search }: RouteParts): readonly Undo[] {
  return [
    http.route({
      owner,
      method: 'POST',
      path: '/api/v1/tools/search',
      scope: 'tools:read',
      tag: 'tools',
      summary: 'Tools and servers that answer a need told in words, best first.',
      body: z.object({
        query: z.string().min(1).max(2_000).describe('what is needed'),
        k: z.number().int().min(1).max(100).default(10).describe('how many at most'),
        kind: z
          .enum(['tool', 'server', 'any'])
          .optional()
          .describe('default: tool where only installed ones are searched, else any'),
        scope: z
          .enum(['installed', 'catalog', 'all'])
          .optional()
          .describe('default: installed, or catalog where a source is named'),
        source: source.optional().describe('only this source of the catalog'),
      }),
      handle: async ({ body, signal }) => {
        if (body.query.trim() === '') throw fault('REQUEST_INVALID', 'body.query: it is blank', { kind: 'invalid' });
        const { query, k, source: from } = body;
        const scope = body.scope ?? (from === undefined ? 'installed' : 'catalog');
        const kind = body.kind ?? (scope === 'installed' ? 'tool' : 'any');
        const found = await search.search(
          { query, k, kind, scope, ...(from !== undefined && { source: from }) },
          signal,
        );
        return { body: { results: found.map(hitWire), total: found.length, version: registry.snapshot.version } };
      },
    }),
    http.route({
      owner,
      method: 'GET',
      path: '/api/v1/catalog',
      scope: 'tools:read',
      tag: 'catalog',
      summary: 'Sources of the catalog, with how many documents each has.',
      handle: () => ({ body: { sources: search.sources() } }),
    }),
    http.route({
      owner,
      method: 'POST',
      path: '/api/v1/catalog',
      scope: 'tools:write',
      tag: 'catalog',
      summary: 'Puts servers and tools that are not installed into one source of the catalog.',
      query: z.object({ source }),
      body: z.union([
        z.array(document),
        z.object({ docs: z.array(document) }).transform(({ docs }) => docs),
        document.transform((one) => [one]),
      ]),
      handle: async ({ query, body }) => {
        await search.load(query.source, body.map(given));
        return { body: { success: true, loaded: body.length, total: search.sources()[query.source] ?? 0 } };
      },
    }),
    http.route({
      owner,
      method: 'DELETE',
      path: '/api/v1/catalog',
      scope: 'tools:write',
      tag: 'catalog',
      summary: 'Empties one source of the catalog.',
      query: z.object({ source }),
      handle: async ({ query }) => ({ body: { success: true, removed: await search.unload(query.source) } }),
    }),
  ];
}

/** Catalogs write null for what they do not know. */
const given = (from: z.output<typeof document>): CatalogDocument =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value != null)) as CatalogDocument;

const hitWire = ({ tool, document: _, ...hit }: SearchHit) => ({
  ...hit,
  ...(tool !== undefined && { tool_id: tool.id, toolkit: tool.toolkit, capabilities: tool.capabilities }),
});
