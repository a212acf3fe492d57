import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Created, Log, Undo } from '#kernel';
import type { Cache } from '#plugins/cache/api';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { ToolMatcher, ToolSearch } from '#plugins/tool-search/api';
import type { SEARCH_ENGINE, SearchSource } from './api.ts';
import type { McpSearchConfig } from './config.ts';
import { ParallelSearch } from './engine.ts';
import { NpmAddress } from './npm-address.ts';
import { addRoutes } from './routes.ts';
import { CatalogSource } from './sources/catalog.ts';
import { GitHubSource } from './sources/github.ts';
import { NpmSource } from './sources/npm.ts';
import { RegistrySource } from './sources/registry.ts';
import { Verifier } from './verify.ts';
import { watchFolder } from './watch-folder.ts';

/** The catalog that comes with the project. */
const SHIPPED = fileURLToPath(new URL('../../config/catalog', import.meta.url));

interface Parts {
  readonly config: McpSearchConfig;
  readonly log: Log;
  readonly defer: (undo: Undo) => void;
  readonly owner: Owner;
  readonly search: ToolSearch;
  readonly matcher: ToolMatcher;
  readonly more: ReadonlyMap<string, SearchSource> | undefined;
  readonly cache: Cache | undefined;
  readonly http: HttpServer | undefined;
}

export function createMcpSearch(parts: Parts): Created<{ readonly engine: typeof SEARCH_ENGINE }> {
  const { config, log, defer, owner, search, matcher, cache, http } = parts;
  const address = new NpmAddress(config.npm.url);
  const folders = [...new Set([...(config.shipped ? [SHIPPED] : []), path.resolve(config.catalog)])];
  const catalog = new CatalogSource(folders, search, log);
  const remotes = new Map<string, SearchSource>(parts.more);
  if (config.registry.url !== '') remotes.set('registry', new RegistrySource(config));
  if (config.github.url !== '')
    remotes.set('github', new GitHubSource(config, cache?.space('tool_discovery:github_api')));
  if (config.npm.search) remotes.set('npm', new NpmSource(config, address));
  const verifier = new Verifier(config, address, cache?.space('tool_discovery:security_check'));
  const space = cache?.space<never>('tool_discovery:mcp_search');
  const engine = new ParallelSearch({ config, log, matcher, catalog, remotes, verifier, space });
  return {
    engine,
    start: async () => {
      // Reading it takes longer than all else here, and nobody asks in the first moment.
      const soon = setTimeout(() => void catalog.loaded(), config.loadAfterMs);
      soon.unref();
      defer(() => clearTimeout(soon));
      defer(search.before(() => catalog.loaded()));
      // What was found before may not be what is there now.
      const again = (): void => void catalog.load().then(() => space?.clear());
      for (const folder of folders) defer(watchFolder(folder, again));
      if (http !== undefined) for (const undo of addRoutes({ http, owner, engine, remotes })) defer(undo);
    },
    health: () => ({
      ok: catalog.problems.length === 0,
      detail: {
        catalog: catalog.size,
        ...(catalog.problems.length > 0 && { problems: catalog.problems }),
        limits: Object.fromEntries(
          [...remotes].flatMap(([name, source]) => (source.limit?.() ? [[name, source.limit()]] : [])),
        ),
      },
    }),
  };
}
