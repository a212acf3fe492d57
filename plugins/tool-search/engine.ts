import type { Server, Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { CatalogDocument, SearchHit, SearchQuery, ToolSearch } from './api.ts';
import type { Catalog, Entry } from './catalog.ts';
import type { ToolSearchConfig } from './config.ts';
import { LexicalIndex } from './lexical.ts';
import { searchedDocument, searchedServer, searchedTool } from './searched.ts';

type Item =
  | { readonly kind: 'tool'; readonly tool: Tool }
  | { readonly kind: 'server'; readonly server: Server }
  | { readonly kind: 'catalog'; readonly entry: Entry };
interface Part {
  readonly version: number;
  readonly items: readonly Item[];
  readonly index: LexicalIndex;
}

/** One index over what is installed and one over the catalog, each made again with the first search after a change. */
export class IndexedSearch implements ToolSearch {
  readonly #registry: ToolRegistry;
  readonly #catalog: Catalog;
  readonly #config: ToolSearchConfig;
  #installed: Part | undefined;
  #offered: Part | undefined;

  constructor(registry: ToolRegistry, catalog: Catalog, config: ToolSearchConfig) {
    this.#registry = registry;
    this.#catalog = catalog;
    this.#config = config;
  }

  async search(wanted: SearchQuery): Promise<readonly SearchHit[]> {
    const { query, k, kind = 'any', scope = wanted.source === undefined ? 'installed' : 'catalog', source } = wanted;
    const admits = (item: Item): boolean => {
      if (item.kind !== 'catalog') return kind === 'any' || item.kind === kind;
      const { document, source: from } = item.entry;
      return (kind === 'any' || document.kind === kind) && (source === undefined || source === from);
    };
    const found: SearchHit[] = [];
    if (scope !== 'catalog' && source === undefined) found.push(...hits(this.#installedPart(), query, k, admits));
    if (scope !== 'installed') found.push(...hits(this.#offeredPart(), query, k, admits));
    return found.sort((a, b) => b.score - a.score).slice(0, k);
  }

  load(source: string, documents: readonly CatalogDocument[]): Promise<void> {
    return this.#catalog.load(source, documents);
  }
  unload(source: string): Promise<number> {
    return this.#catalog.unload(source);
  }
  sources(): Readonly<Record<string, number>> {
    return this.#catalog.counts;
  }

  #installedPart(): Part {
    const { version, servers, tools } = this.#registry.snapshot;
    if (this.#installed?.version === version) return this.#installed;
    const items: Item[] = [
      ...[...tools.values()].map((tool): Item => ({ kind: 'tool', tool })),
      ...[...servers.values()].map((server): Item => ({ kind: 'server', server })),
    ];
    const searched = items.map((item) => {
      if (item.kind === 'tool') return searchedTool(item.tool, servers.get(item.tool.server));
      return searchedServer((item as { server: Server }).server);
    });
    this.#installed = { version, items, index: new LexicalIndex(searched, this.#config) };
    return this.#installed;
  }

  #offeredPart(): Part {
    const { version, entries } = this.#catalog;
    if (this.#offered?.version === version) return this.#offered;
    const items = entries.map((entry): Item => ({ kind: 'catalog', entry }));
    const searched = entries.map(({ document }) => searchedDocument(document));
    this.#offered = { version, items, index: new LexicalIndex(searched, this.#config) };
    return this.#offered;
  }
}

function hits({ items, index }: Part, query: string, k: number, admits: (item: Item) => boolean): SearchHit[] {
  return index
    .search(query, k, (document) => admits(items[document]!))
    .map(({ document, score }) => {
      const reasons = index.reasons(query, document);
      return { ...hitOf(items[document]!), score: Math.round(score * 1e4) / 1e4, reasons };
    });
}

function hitOf(item: Item): Omit<SearchHit, 'score' | 'reasons'> {
  if (item.kind === 'tool') {
    const { tool } = item;
    const description = tool.description ?? tool.definition.description;
    return {
      id: tool.id,
      kind: 'tool',
      ...text(tool.name, tool.definition.title, description),
      server: tool.server,
      source: 'installed',
      tool,
    };
  }
  if (item.kind === 'server') {
    const { id, spec } = item.server;
    return { id, kind: 'server', ...text(id, spec.title, spec.description), server: id, source: 'installed' };
  }
  const { source, document } = item.entry;
  const { id, kind, name, title, description, server = name } = document;
  return { id, kind, ...text(name, title, description), server, source, document };
}

const text = (name: string, title: string | undefined, description: string | undefined) => ({
  name,
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
});
