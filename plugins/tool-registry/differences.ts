import type { RegistryChange, Server, Tool } from './api.ts';

/** A change before it has a version. */
export type Change = Omit<RegistryChange, 'version' | 'at'>;
const ids = (tools: Iterable<Tool>): string[] => [...tools].map((tool) => tool.id);

/** What a registration changes. */
export function registered(server: string, before: Server | undefined, tools: readonly Tool[]): Change[] {
  if (!before) return [{ type: 'tool_installed', server, tools: ids(tools) }];
  const gone = missing(before.tools, tools);
  const added = missing(tools, before.tools);
  const kept = tools.filter((tool) => !added.includes(tool));
  return [
    ...(gone.length > 0 ? [{ type: 'tool_uninstalled' as const, server, tools: ids(gone) }] : []),
    ...(added.length > 0 ? [{ type: 'tool_installed' as const, server, tools: ids(added) }] : []),
    // Always told: how the server is reached has changed, whatever its tools are.
    { type: 'tool_updated', server, tools: ids(kept) },
  ];
}

/** What another tool list changes. */
export function differences(server: string, before: readonly Tool[], after: readonly Tool[]): Change[] {
  const old = new Map(before.map((tool) => [tool.id, tool]));
  const gone = missing(before, after);
  const added = after.filter((tool) => !old.has(tool.id));
  const changed = after.filter((tool) => old.has(tool.id) && old.get(tool.id) !== tool);
  const changes: Change[] = [];
  if (gone.length > 0) changes.push({ type: 'tool_uninstalled', server, tools: ids(gone) });
  if (added.length > 0) changes.push({ type: 'tool_installed', server, tools: ids(added) });
  if (changed.length > 0) changes.push({ type: 'tool_updated', server, tools: ids(changed) });
  return changes;
}

function missing(from: readonly Tool[], there: readonly Tool[]): readonly Tool[] {
  const known = new Set(there.map((tool) => tool.id));
  return from.filter((tool) => !known.has(tool.id));
}
