import type { Undo } from '#kernel';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { CatalogDocument, SearchHit, SearchQuery, ToolSearch } from './api.ts';
import type { Catalog } from './catalog.ts';
import type { ToolSearchConfig } from './config.ts';
import type { Meaning } from './meaning/meaning.ts';
import { type Found, IndexedPart, type Item, type Part } from './part.ts';
import type { Scored } from './text-index.ts';

/**
 * One index over what is installed, one over the catalog, and one for each source that was searched alone (what is rare in
 * one source need not be in all); each brought up to date by the first search after a change.
 */
export class IndexedSearch implements ToolSearch {
  readonly #catalog: Catalog;
  readonly #installed: IndexedPart;
  readonly #offered: IndexedPart;
  readonly #sources = new Map<string, IndexedPart>();
  readonly #config: ToolSearchConfig;
  readonly #unread = new Set<() => Promise<void>>();
  /** Where the strategy is more than words. */
  #meaning: Meaning | undefined;

  constructor(registry: ToolRegistry, catalog: Catalog, config: ToolSearchConfig) {
    this.#catalog = catalog;
    this.#config = config;
    const version = (): number => registry.snapshot.version;
    this.#installed = new IndexedPart({ version, items: () => installedItems(registry) }, config);
    this.#offered = this.#offeredPart();
  }

  before(read: () => Promise<void>): Undo {
    this.#unread.add(read);
    return () => void this.#unread.delete(read);
  }

  /** What fails is its owner's to tell. */
  async #readAll(): Promise<void> {
    await Promise.allSettled([...this.#unread].map((read) => read()));
  }

  /** Adds likeness of meaning to that of words. */
  use(meaning: Meaning): void {
    this.#meaning = meaning;
  }

  async search(wanted: SearchQuery, signal?: AbortSignal): Promise<readonly SearchHit[]> {
    const { query, k, kind = 'any', scope = wanted.source === undefined ? 'installed' : 'catalog', source } = wanted;
    const admits = (item: Item): boolean =>
      kind === 'any' || kind === (item.kind === 'catalog' ? item.entry.document.kind : item.kind);
    const meaning = this.#meaning;
    const asking = meaning?.ask(query, signal);
    const searched: Part[] = [];
    if (scope !== 'catalog' && source === undefined) searched.push(await this.#installed.current());
    if (scope !== 'installed' && this.#unread.size > 0) await this.#readAll();
    const offered = scope === 'installed' ? undefined : this.#offeredBy(source);
    if (offered !== undefined) searched.push(await offered.current());
    const asked = asking && (await asking);
    return searched
      .flatMap((part) => {
        const admitted = (document: number): boolean => admits(part.items[document]!);
        const found =
          asked === undefined || meaning === undefined
            ? part.index.search(query, k, admitted)
            : meaning.rank(part, query, asked, k, admitted);
        return found.map((one) => hitOf(part, query, one));
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, k);
  }

  async load(source: string, documents: readonly CatalogDocument[]): Promise<void> {
    await this.#catalog.load(source, documents);
    this.#meaning?.changed();
  }
  async unload(source: string): Promise<number> {
    const removed = await this.#catalog.unload(source);
    this.#sources.delete(source);
    this.#meaning?.changed();
    return removed;
  }
  sources(): Readonly<Record<string, number>> {
    return this.#catalog.counts;
  }

  /** Undefined: there is no such source. */
  #offeredBy(source: string | undefined): IndexedPart | undefined {
    if (source === undefined) return this.#offered;
    if (this.#catalog.counts[source] === undefined) return undefined;
    let part = this.#sources.get(source);
    if (part === undefined) {
      part = this.#offeredPart(source);
      this.#sources.set(source, part);
    }
    return part;
  }

  #offeredPart(source?: string): IndexedPart {
    const entries = () => this.#catalog.entries.filter((entry) => source === undefined || entry.source === source);
    const items = (): Item[] => entries().map((entry): Item => ({ kind: 'catalog', entry }));
    return new IndexedPart({ version: () => this.#catalog.version, items }, this.#config);
  }

  parts(): Promise<readonly Part[]> {
    return Promise.all([this.#installed.current(), this.#offered.current()]);
  }
}

function installedItems({ snapshot }: ToolRegistry): Item[] {
  const { servers, tools } = snapshot;
  return [
    ...[...tools.values()].map((tool): Item => ({ kind: 'tool', tool, server: servers.get(tool.server) })),
    ...[...servers.values()].map((server): Item => ({ kind: 'server', server })),
  ];
}

function hitOf({ items, index }: Part, query: string, found: Scored & Partial<Found>): SearchHit {
  const { document, score } = found;
  const reasons = [...index.reasons(query, document), ...(found.reasons ?? [])];
  return {
    ...described(items[document]!),
    score: Math.round(score * 1e4) / 1e4,
    reasons: reasons.length > 0 ? reasons : ['is spelt alike'],
  };
}

function described(item: Item): Omit<SearchHit, 'score' | 'reasons'> {
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
