import type { CatalogDocument, MatchText, ToolMatcher, ToolSearch } from '#plugins/tool-search/api';
import type { GapTool } from './api.ts';

const LOOKED_AT = 3;

export interface Elsewhere {
  readonly search: ToolSearch;
  readonly matcher: ToolMatcher;
}

/**
 * A server of the catalogs that has clearly more of the task's words than any of these tools: words that fit here loosely
 * may fit there exactly. `installed`: ids of servers, which catalogs name alike. `nearBest`: down to this share of what the server has, a tool counts as good enough.
 */
export async function betterElsewhere(
  { search, matcher }: Elsewhere,
  task: string,
  tools: readonly GapTool[],
  installed: ReadonlySet<string>,
  nearBest: number,
  signal?: AbortSignal,
): Promise<CatalogDocument | undefined> {
  const hits = await search.search({ query: task, k: LOOKED_AT, scope: 'catalog', kind: 'server' }, signal);
  const documents = hits.flatMap(({ document }) => (document && !installed.has(document.name) ? [document] : []));
  const matches = matcher.match(task, [...documents.map(textOf), ...tools]);
  const most = (from: typeof matches): number => Math.max(0, ...from.map(({ relevance }) => relevance));
  const there = matches.slice(0, documents.length);
  const best = most(there);
  if (best === 0 || most(matches.slice(documents.length)) >= best * nearBest) return undefined;
  return documents[there.findIndex(({ relevance }) => relevance === best)];
}

const textOf = ({ name, title = '', description = '', tags = [], tools = [] }: CatalogDocument): MatchText => ({
  name: `${name} ${title}`,
  description: [description, ...tools.map((tool) => tool.name)].join(' '),
  capabilities: tags,
});
