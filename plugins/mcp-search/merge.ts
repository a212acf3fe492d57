import type { FoundServer } from './api.ts';

export interface Merged {
  readonly server: FoundServer;
  readonly sources: readonly string[];
}

/** One entry an identity. What the first source says stands; the others fill in what it leaves open. */
export function merge(
  lists: readonly { readonly source: string; readonly servers: readonly FoundServer[] }[],
): Merged[] {
  const merged = new Map<string, Merged>();
  for (const { source, servers } of lists) {
    for (const server of servers) {
      const known = merged.get(server.id);
      merged.set(server.id, {
        server: known === undefined ? server : join(known.server, server),
        sources: known === undefined ? [source] : [...new Set([...known.sources, source])],
      });
    }
  }
  return [...merged.values()];
}

function join(first: FoundServer, second: FoundServer): FoundServer {
  const union = (a: readonly string[] = [], b: readonly string[] = []): string[] => [...new Set([...a, ...b])];
  const kinds = new Set(first.distributions.map(({ kind }) => kind));
  return {
    ...second,
    ...first,
    capabilities: union(first.capabilities, second.capabilities),
    keywords: union(first.keywords, second.keywords),
    tools: first.tools.length > 0 ? first.tools : second.tools,
    distributions: [...first.distributions, ...second.distributions.filter(({ kind }) => !kinds.has(kind))],
    ...((first.publisher ?? second.publisher) && {
      publisher: { ...second.publisher, ...first.publisher } as NonNullable<FoundServer['publisher']>,
    }),
  };
}
