import type { IncomingHttpHeaders } from 'node:http';
import { fault } from '#kernel';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { Mount } from './mount.ts';
import { headerProblem } from './param-headers.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { ServerMount } from './server-mount.ts';
import { isObject, type RpcRequest } from './wire.ts';

const SERVERS = '/mcp/servers/';

/** From a path to what is served there. */
export class Mounts {
  readonly #fixed: ReadonlyMap<string, Mount>;
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #resources: ResourceWatch;
  readonly #cacheMs: number;
  readonly #servers = new Map<string, ServerMount>();

  constructor(
    fixed: ReadonlyMap<string, Mount>,
    registry: ToolRegistry,
    dispatcher: ToolDispatcher,
    resources: ResourceWatch,
    cacheMs: number,
  ) {
    this.#fixed = fixed;
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#resources = resources;
    this.#cacheMs = cacheMs;
  }

  /** Fault PATH_UNKNOWN or SERVER_UNKNOWN (both `not_found`). */
  at(url: string): Mount {
    const fixed = this.#fixed.get(url);
    if (fixed !== undefined) return fixed;
    const query = url.indexOf('?');
    const path = (query < 0 ? url : url.slice(0, query)).replace(/\/$/, '');
    if (path.startsWith(SERVERS)) return this.#server(path.slice(SERVERS.length));
    const mount = this.#fixed.get(path);
    if (mount !== undefined) return mount;
    throw fault('PATH_UNKNOWN', `nothing is served at ${path}`, {
      kind: 'not_found',
      alternatives: [...this.#fixed.keys(), `${SERVERS}{id}`],
    });
  }

  #server(encoded: string): ServerMount {
    const { id } = this.#registry.server(decode(encoded));
    let mount = this.#servers.get(id);
    if (mount === undefined) {
      mount = new ServerMount(id, this.#dispatcher, this.#resources, this.#cacheMs);
      this.#servers.set(id, mount);
    }
    return mount;
  }

  /** Forgets the mounts of servers that are gone; their sessions get SERVER_UNKNOWN from the dispatcher. */
  prune(): void {
    for (const id of this.#servers.keys()) if (!this.#registry.snapshot.servers.has(id)) this.#servers.delete(id);
  }

  /** What disagrees between a modern call's arguments and the headers that its tool declares. */
  headerProblem(mount: Mount, request: RpcRequest, headers: IncomingHttpHeaders): string | undefined {
    if (request.method !== 'tools/call') return undefined;
    const tool = this.#toolOf(mount, request.params?.name);
    const given = request.params?.arguments;
    return tool === undefined || !isObject(given)
      ? undefined
      : headerProblem(tool.definition.inputSchema, given, headers);
  }

  #toolOf(mount: Mount, name: unknown): Tool | undefined {
    const { tools, byMcpName } = this.#registry.snapshot;
    if (typeof name !== 'string') return undefined;
    for (const [id, served] of this.#servers) if (served === mount) return tools.get(`${id}/${name}`);
    return byMcpName.get(name);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fault('PATH_UNKNOWN', 'the path is not valid percent-encoding', { kind: 'not_found' });
  }
}
