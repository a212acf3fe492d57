import { type Token, token, type Undo } from '#kernel';
import type { Tool } from '#plugins/tool-registry/api';

/**
 * One index over what is installed (the registry's tools and servers, always up to date) and what could be (catalog
 * documents, by source), ranked by how well each answers a need told in words, English or Chinese.
 */
export interface ToolSearch {
  /**
   * Best first. `score` is comparable within one answer only. Empty where nothing answers. Never fails because a part
   * of the strategy is down (an embedding endpoint): the rest answers.
   */
  search(query: SearchQuery, signal?: AbortSignal): Promise<readonly SearchHit[]>;
  /**
   * Puts documents of one source into the catalog, replacing those of the same id; kept for the next start. Resolves
   * when they are stored and searched. Faults: CATALOG_INVALID (which document, which field), CATALOG_FULL.
   */
  load(source: string, documents: readonly CatalogDocument[]): Promise<void>;
  /** Empties one source; how many documents went. */
  unload(source: string): Promise<number>;
  sources(): Readonly<Record<string, number>>;
  /** Awaited before the catalog is searched for the first time from then on: for sources that are read late. */
  before(read: () => Promise<void>): Undo;
}

export interface SearchQuery {
  readonly query: string;
  /** How many, 1 to 100. */
  readonly k: number;
  /** Default any. */
  readonly kind?: 'tool' | 'server' | 'any';
  /** Default installed. */
  readonly scope?: 'installed' | 'catalog' | 'all';
  /** Only this catalog source. */
  readonly source?: string;
}

export interface SearchHit {
  /** `server/tool`, a server's id, or the document's id. */
  readonly id: string;
  readonly kind: 'tool' | 'server';
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly server: string;
  readonly score: number;
  /** `installed`, or the catalog source. */
  readonly source: string;
  /** Why it stands here, for people and models: the words it shares with the query, by field. */
  readonly reasons: readonly string[];
  /** Set for installed tools. */
  readonly tool?: Tool;
  /** Set for catalog hits. */
  readonly document?: CatalogDocument;
}

/** A server or tool that is not installed, as catalogs describe it. Unknown keys are kept. */
export interface CatalogDocument {
  readonly id: string;
  readonly kind: 'server' | 'tool';
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly category?: string;
  readonly server?: string;
  readonly server_title?: string;
  readonly server_description?: string;
  /** Names (and, where told, descriptions) of a tool's parameters. */
  readonly params?: unknown;
  readonly tools?: readonly { readonly name: string; readonly description?: string }[];
  readonly [key: string]: unknown;
}

export const TOOL_SEARCH: Token<ToolSearch> = token<ToolSearch>('tool.search');

/** How well an ad-hoc list answers a need: for lists that are judged once and never indexed. */
export interface ToolMatcher {
  /** One match for each text, in their order. 1,000 texts take a few milliseconds. */
  match(query: string, texts: readonly MatchText[]): readonly TextMatch[];
  /** The query with its Chinese words in English; undefined where it has none that is known. */
  english(query: string): string | undefined;
}
export interface MatchText {
  readonly name: string;
  readonly description?: string;
  readonly capabilities?: readonly string[];
  /** JSON Schema, or names. */
  readonly parameters?: unknown;
}
export interface TextMatch {
  /** 0 to 1: the share of the query, words weighted by how much they tell, that this text covers. */
  readonly coverage: number;
  /** 0 to 1: cosine of the two texts' character n-grams, rare ones counting more. */
  readonly likeness: number;
  /** 0 to 1: coverage and likeness together; comparable between queries. */
  readonly relevance: number;
  /** Words of the query that it has, most telling first. */
  readonly shared: readonly string[];
}
export const TOOL_MATCHER: Token<ToolMatcher> = token<ToolMatcher>('tool.matcher');
