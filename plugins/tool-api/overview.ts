import type { ToolRegistry } from '#plugins/tool-registry/api';
import { serverRecord, wireStatistics } from './detail.ts';

const MOST_TOOLS = 100;

export const servers = (registry: ToolRegistry): object => {
  const { snapshot } = registry;
  return {
    servers: [...snapshot.servers.values()].map(serverRecord),
    version: snapshot.version,
    total: snapshot.servers.size,
  };
};

/** Numbers for people and monitors; the most called tools first. */
export function stats(registry: ToolRegistry, sockets: object): object {
  const { snapshot } = registry;
  const states: Record<string, number> = {};
  for (const { health } of snapshot.servers.values()) states[health.state] = (states[health.state] ?? 0) + 1;
  const called = [...snapshot.tools.keys()]
    .flatMap((id) => {
      const known = registry.statistics(id);
      return known === undefined ? [] : [{ id, known }];
    })
    .sort((a, b) => b.known.calls - a.known.calls);
  const sum = (of: (one: (typeof called)[number]) => number): number => called.reduce((all, one) => all + of(one), 0);
  return {
    version: snapshot.version,
    servers: { total: snapshot.servers.size, ...states },
    tools: { total: snapshot.tools.size, toolkits: snapshot.toolkits.size },
    calls: {
      total: sum(({ known }) => known.calls),
      ok: sum(({ known }) => known.ok),
      failed: sum(({ known }) => known.toolErrors + known.errors + known.timeouts),
    },
    most_called: called.slice(0, MOST_TOOLS).map(({ id, known }) => ({ tool_id: id, ...wireStatistics(known) })),
    events: sockets,
  };
}
