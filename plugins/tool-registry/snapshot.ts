import type { Server, Snapshot, Tool } from './api.ts';
import { uniqueNames } from './naming.ts';

export const emptySnapshot = (version: number): Snapshot => ({
  version,
  servers: new Map(),
  tools: new Map(),
  byMcpName: new Map(),
  toolkits: new Map(),
});

const byId = (a: Server, b: Server): number => (a.id < b.id ? -1 : 1);

/** All servers and tools in their public order. Linear in the number of tools; records are shared, not copied. */
export function buildSnapshot(version: number, servers: Iterable<Server>): Snapshot {
  const sorted = [...servers].sort(byId);
  const list = sorted.flatMap((server) => server.tools);
  const tools = new Map<string, Tool>();
  for (const tool of list) tools.set(tool.id, tool);
  const byMcpName = uniqueNames(list, (tool, name) => {
    const renamed: Tool = Object.freeze({ ...tool, mcpName: name });
    tools.set(tool.id, renamed);
    return renamed;
  });
  const toolkits = new Map<string, string[]>();
  for (const tool of list) {
    if (tool.toolkit === undefined) continue;
    const members = toolkits.get(tool.toolkit);
    if (members) members.push(tool.id);
    else toolkits.set(tool.toolkit, [tool.id]);
  }
  return Object.freeze({
    version,
    servers: new Map(sorted.map((server) => [server.id, server])),
    tools,
    byMcpName,
    toolkits,
  });
}

/** Health alone changed: the tools, and everything that is cached by them, stay. */
export const withServers = (before: Snapshot, version: number, servers: Iterable<Server>): Snapshot =>
  Object.freeze({
    ...before,
    version,
    servers: new Map([...servers].sort(byId).map((server) => [server.id, server])),
  });
