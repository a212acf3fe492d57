import { readFileSync } from 'node:fs';
import type { Health, PluginContext } from '#kernel';
import type { HttpServer } from '#plugins/http/api';
import type { Provisioner } from '#plugins/provisioner/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ToolSearch } from '#plugins/tool-search/api';
import { AllMount } from './all-mount.ts';
import type { McpEndpoint } from './api.ts';
import { CapabilityTool } from './capability-tool.ts';
import { HttpEndpoint } from './http-endpoint.ts';
import { ModernRequests } from './modern.ts';
import { Mounts } from './mounts.ts';
import { OwnWire } from './own-wire.ts';
import { ResourceWatch } from './resource-watch.ts';
import { SearchMount } from './search-mount.ts';
import { type SessionState, Sessions } from './sessions.ts';
import { ToolList } from './tool-list.ts';

interface Config {
  readonly mode: 'all' | 'search';
  readonly name: string;
  readonly instructions: string;
  readonly pageSize: number;
  readonly cacheMs: number;
  readonly bodyLimitBytes: number;
  readonly questionMs: number;
  readonly limits: {
    readonly sessions: number;
    readonly idleMs: number;
    readonly inFlight: number;
    readonly parked: number;
    readonly perPrincipal: number;
    readonly unreadBytes: number;
  };
}
interface Services {
  readonly http: HttpServer | undefined;
  readonly registry: ToolRegistry;
  readonly dispatcher: ToolDispatcher;
  readonly search: ToolSearch;
  readonly provisioner: Provisioner | undefined;
}

/** Wires the parts: mounts behind paths, sessions and modern requests in front of them. */
export function createEndpoint({
  config,
  http,
  registry,
  dispatcher,
  search,
  provisioner,
  log,
  defer,
  id,
  generation,
}: PluginContext<Config> & Services) {
  const identity = { name: config.name, version: packageVersion(), instructions: config.instructions };
  const resources = new ResourceWatch(registry, dispatcher);
  const list = new ToolList(config.pageSize);
  const all = new AllMount(registry, dispatcher, list, resources, identity, config.cacheMs, log);
  const bySearch = new SearchMount(all, registry, search, provisioner && new CapabilityTool(provisioner, registry));
  const fixed = new Map([
    ['/mcp', config.mode === 'search' ? bySearch : all],
    ['/mcp/all', all],
    ['/mcp/search', bySearch],
  ]);
  const mounts = new Mounts(fixed, registry, dispatcher, resources, config.cacheMs);
  const sessions = new Sessions({ ...config.limits, questionMs: config.questionMs }, (id) => dispatcher.endSession(id));
  const modern = new ModernRequests({ questionMs: config.questionMs, parked: config.limits.parked });
  const overHttp = new HttpEndpoint(
    mounts,
    sessions,
    modern,
    { bodyBytes: config.bodyLimitBytes, unreadBytes: config.limits.unreadBytes },
    log,
    (...about) => http!.watchAccess(...about),
  );

  const endpoint: McpEndpoint = {
    connect(path, send) {
      const mount = mounts.at(path);
      const session = sessions.open('local', path, mount);
      return new OwnWire(session, mount, modern, send, () => sessions.end(session.id));
    },
  };

  return {
    endpoint,
    start() {
      defer(all.watch());
      defer(registry.onChange((change) => change.type === 'tool_uninstalled' && mounts.prune()));
      defer(
        registry.onChange((change) => {
          if (change.type !== 'server_health') return;
          if (registry.snapshot.servers.get(change.server)?.health.state === 'ready') resources.renew(change.server);
        }),
      );
      sessions.start();
      const methods = ['GET', 'POST', 'DELETE'];
      for (const path of http === undefined ? [] : ['/mcp', '/mcp/*']) {
        defer(
          http!.raw(path, { methods, scope: 'tools:read', owner: { id, generation } }, (request, response, principal) =>
            overHttp.handle(request, response, principal),
          ),
        );
      }
    },
    stop() {
      modern.stop();
      sessions.stop();
    },
    // The next generation serves the clients of this one.
    exportState: (): SessionState => sessions.release(),
    importState: (state: unknown) => sessions.adopt(state as SessionState, (path) => mounts.at(path)),
    health: (): Health => ({ ok: true, detail: { sessions: sessions.size, waitingForInput: modern.waiting } }),
  };
}

const packageVersion = (): string =>
  String(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
