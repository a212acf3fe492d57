import { isFault } from '#kernel';
import type { Server, Tool, ToolRegistry } from '#plugins/tool-registry/api';

export const mcpEndpoint = (server: string): string => `/mcp/servers/${encodeURIComponent(server)}`;

/** What is known of a server or of one tool, by any spelling of its name. `url` is this server's own. */
export function detail(registry: ToolRegistry, id: string, url: string): object {
  if (id.includes('/')) return toolDetail(registry, registry.resolve(id), url);
  try {
    return serverDetail(registry, registry.server(id), url);
  } catch (error) {
    if (!isFault(error) || error.code !== 'SERVER_UNKNOWN') throw error;
    return toolDetail(registry, registry.resolve(id), url);
  }
}

/** How a server is reached, without commands, addresses and headers: they may hold secrets. */
export const serverRecord = (server: Server): object => ({
  tool_id: server.id,
  name: server.spec.title ?? server.info.name ?? server.id,
  description: server.spec.description ?? server.info.instructions ?? '',
  capabilities: server.spec.capabilities ?? [],
  toolkit: server.spec.toolkit,
  status: server.health.state,
  error: server.health.error,
  owner: server.spec.owner,
  transports: server.spec.launches.map((launch) => launch.kind),
  start: server.spec.start,
  connection: server.spec.connection,
  total_tools: server.tools.length,
  mcp_endpoint: mcpEndpoint(server.id),
});

function serverDetail(registry: ToolRegistry, server: Server, url: string): object {
  const { snapshot } = registry;
  const main = server.spec.mainTool ?? (server.tools.length === 1 ? server.tools[0]?.name : undefined);
  return {
    type: 'server',
    ...serverRecord(server),
    aliases: server.spec.aliases ?? [],
    mcp_url: url + mcpEndpoint(server.id),
    main_tool: main,
    tools: server.tools.map((tool) => ({
      tool_id: tool.id,
      name: tool.name,
      mcp_name: tool.mcpName,
      description: tool.description ?? tool.definition.description ?? '',
    })),
    health: server.health,
    versions: { server: server.info.version, registry: snapshot.version },
    statistics: Object.fromEntries(
      server.tools.flatMap((tool) => {
        const known = registry.statistics(tool.id);
        return known === undefined ? [] : [[tool.id, wireStatistics(known)]];
      }),
    ),
  };
}

function toolDetail(registry: ToolRegistry, tool: Tool, url: string): object {
  const server = registry.snapshot.servers.get(tool.server);
  const { definition } = tool;
  const statistics = registry.statistics(tool.id);
  return {
    type: 'tool',
    tool_id: tool.id,
    name: tool.name,
    title: definition.title ?? definition.annotations?.title,
    description: tool.description ?? definition.description ?? '',
    server: tool.server,
    toolkit: tool.toolkit,
    capabilities: tool.capabilities,
    parameters: definition.inputSchema,
    output_schema: definition.outputSchema,
    annotations: definition.annotations,
    examples: tool.examples,
    schema_problem: tool.schemaProblem,
    mcp_endpoint: mcpEndpoint(tool.server),
    mcp_url: url + mcpEndpoint(tool.server),
    mcp: { name: tool.mcpName, name_on_server: tool.name },
    status: server?.health.state,
    health: server?.health,
    versions: { server: server?.info.version, registry: registry.snapshot.version },
    statistics: statistics === undefined ? null : wireStatistics(statistics),
  };
}

type Statistics = NonNullable<ReturnType<ToolRegistry['statistics']>>;
export const wireStatistics = (of: Statistics): object => ({
  calls: of.calls,
  ok: of.ok,
  tool_errors: of.toolErrors,
  errors: of.errors,
  timeouts: of.timeouts,
  cancelled: of.cancelled,
  mean_ms: of.calls === 0 ? 0 : Math.round((of.durationMsSum / of.calls) * 100) / 100,
  max_ms: Math.round(of.durationMsMax * 100) / 100,
  result_bytes: of.resultBytesSum,
  last_call_at: new Date(of.lastCallAt).toISOString(),
});
