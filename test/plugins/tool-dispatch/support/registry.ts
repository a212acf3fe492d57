import type {
  FunctionTool,
  ObservedCall,
  RegistryChange,
  Server,
  ServerHealth,
  ServerSpec,
  Snapshot,
  Tool,
  ToolDefinition,
  ToolRegistry,
} from '#plugins/tool-registry/api';

/** The part of a registry that a dispatcher sees, without names, schemas or files. */
export class SmallRegistry implements ToolRegistry {
  readonly servers = new Map<string, Server>();
  readonly toolsById = new Map<string, Tool>();
  readonly functions = new Map<string, FunctionTool>();
  readonly observed: ObservedCall[] = [];
  readonly healthLog: { server: string; health: Omit<ServerHealth, 'since'> }[] = [];
  version = 0;
  readonly #listeners = new Set<(change: RegistryChange) => void>();

  get snapshot(): Snapshot {
    return {
      version: this.version,
      servers: this.servers,
      tools: this.toolsById,
      byMcpName: new Map(),
      toolkits: new Map(),
    };
  }

  register(spec: ServerSpec): () => void {
    this.servers.set(spec.id, {
      spec,
      id: spec.id,
      health: { state: 'known', since: 0, settled: spec.start === 'lazy' },
      info: {},
      tools: [],
    });
    this.#changed('tool_installed', spec.id);
    return () => this.unregister(spec.id);
  }

  unregister(id: string): void {
    this.servers.delete(id);
    this.#changed('tool_uninstalled', id);
  }

  async saved(): Promise<void> {}

  setTools(id: string, definitions: readonly ToolDefinition[], info: Server['info']): void {
    const server = this.servers.get(id);
    if (server === undefined) return;
    const tools = definitions.map((definition) => tool(id, definition));
    for (const key of [...this.toolsById.keys()]) if (key.startsWith(`${id}/`)) this.toolsById.delete(key);
    for (const one of tools) this.toolsById.set(one.id, one);
    this.servers.set(id, { ...server, tools, info });
    this.#changed('tool_updated', id);
  }

  setHealth(id: string, health: Omit<ServerHealth, 'since'>): void {
    const server = this.servers.get(id);
    if (server === undefined) return;
    this.healthLog.push({ server: id, health });
    this.servers.set(id, { ...server, health: { ...health, since: Date.now() } });
    this.#changed('server_health', id);
  }

  server(name: string): Server {
    const found = this.servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  }

  resolve(name: string): Tool {
    const found = this.toolsById.get(name);
    if (found === undefined) throw new Error(`no tool ${name}`);
    return found;
  }

  validate(): void {}

  functionOf(of: Tool): FunctionTool | undefined {
    return this.functions.get(of.id);
  }
  describe(): string {
    return '';
  }
  observe(call: ObservedCall): void {
    this.observed.push(call);
  }
  statistics(): undefined {
    return undefined;
  }
  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tool(server: string, name: string): Tool {
    return tool(server, { name, inputSchema: { type: 'object' } });
  }

  /** Connected and listed. */
  ready(id: string): Promise<void> {
    return this.until(() => {
      const server = this.servers.get(id);
      return server?.health.state === 'ready' && server.tools.length > 0;
    });
  }

  /** Resolves when `fits` holds. */
  async until(fits: () => boolean, ms = 8000): Promise<void> {
    const end = Date.now() + ms;
    while (!fits()) {
      if (Date.now() > end)
        throw new Error(`waited ${ms} ms in vain; health: ${JSON.stringify(this.healthLog.at(-1))}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  #changed(type: RegistryChange['type'], server: string): void {
    this.version++;
    for (const listener of this.#listeners)
      listener({ type, server, tools: [], version: this.version, at: Date.now() });
  }
}

export function tool(server: string, definition: ToolDefinition): Tool {
  const id = `${server}/${definition.name}`;
  return {
    id,
    server,
    name: definition.name,
    mcpName: id.replace('/', '__'),
    definition,
    toolkit: undefined,
    capabilities: [],
    examples: [],
  };
}

export function spec(id: string, over: Partial<ServerSpec> & Pick<ServerSpec, 'launches'>): ServerSpec {
  return {
    id,
    start: 'eager',
    connection: 'shared',
    pool: { warm: 0, max: 8 },
    protocol: 'auto',
    timeouts: { connectMs: 10_000, callMs: 5000, idleMs: 60_000 },
    owner: 'test',
    ...over,
  };
}
