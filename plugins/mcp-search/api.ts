import { type Token, token } from '#kernel';

/** Finds servers that could be installed, in every source at once, and says how far each can be trusted. */
export interface SearchEngine {
  /**
   * Best first. A source that is slow, limited or down costs only its own results; `sources` tells. Only candidates
   * whose package was looked up and exists are given. Faults: SEARCH_QUERY_INVALID.
   */
  search(query: ServerQuery, signal?: AbortSignal): Promise<ServerSearch>;
  /** One candidate by its identity (`npm:@scope/name`), freshly verified; fault CANDIDATE_UNKNOWN. */
  candidate(id: string, signal?: AbortSignal): Promise<ServerCandidate>;
}

export interface ServerQuery {
  readonly query: string;
  readonly capabilities?: readonly string[];
  readonly k: number;
  /** local: the catalog only. remote: all but the catalog. hybrid: all. Default: configuration. */
  readonly mode?: 'local' | 'remote' | 'hybrid';
}
export interface ServerSearch {
  readonly candidates: readonly ServerCandidate[];
  readonly sources: readonly SourceReport[];
  readonly cached: boolean;
}
export interface SourceReport {
  readonly source: string;
  readonly state: 'ok' | 'stale' | 'timeout' | 'limited' | 'failed' | 'skipped';
  readonly found: number;
  readonly durationMs: number;
  readonly reason?: string;
  /** limited: when it may be asked again, ms since 1970. */
  readonly retryAt?: number;
}

/** What a source knows of one server. Merged by `id` over all sources. */
export interface ServerCandidate {
  /** Identity: `npm:NAME`, `oci:IMAGE`, `pypi:NAME`, `remote:URL`. */
  readonly id: string;
  /** Short name, the wished server id in the registry. */
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  /** Other words that people use for it. */
  readonly keywords?: readonly string[];
  readonly tools: readonly { readonly name: string; readonly description?: string }[];
  /** How it is run; the first that a runner can do is taken. */
  readonly distributions: readonly Distribution[];
  readonly publisher?: Publisher;
  readonly license?: string;
  readonly homepage?: string;
  /** What it needs beside its package. */
  readonly needs: ServerNeeds;
  /** Where it was found. */
  readonly sources: readonly string[];
  readonly verified: boolean;
  /** 0 to 1 each; `score` joins them. */
  readonly relevance: number;
  readonly trust: number;
  readonly score: number;
  /** In words, what spoke for and against it. */
  readonly reasons: readonly string[];
}

export type Distribution =
  | {
      readonly kind: 'npm';
      readonly package: string;
      /** Exact. */
      readonly version: string;
      readonly integrity?: string;
      /** Name of the bin to run; undefined: the only one. */
      readonly bin?: string;
      /** May hold `{data}` (its writable folder) and `{secret:NAME}`. */
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Semver range of Node that the package asks for. */
      readonly node?: string;
    }
  | {
      readonly kind: 'oci';
      readonly image: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'pypi'; readonly package: string; readonly version: string; readonly args: readonly string[] }
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly transport: 'http' | 'sse';
      readonly headers: Readonly<Record<string, string>>;
    };

export interface Publisher {
  readonly name: string;
  /** npm scope or maintainer, GitHub owner. */
  readonly namespace?: string;
  readonly repository?: string;
  readonly stars?: number;
  readonly contributors?: number;
  readonly readme?: boolean;
  readonly downloadsWeekly?: number;
  /** ms since 1970. */
  readonly publishedAt?: number;
}
export interface ServerNeeds {
  readonly secrets: readonly { readonly name: string; readonly description?: string; readonly required: boolean }[];
  readonly network: boolean;
  /** Services or programs of the machine, e.g. `postgresql`, `chromium`. */
  readonly backing: readonly string[];
}

/** One place to look: a many-valued service, so that a plugin may bring another. */
export interface SearchSource {
  /** Partial candidates: `verified`, `relevance`, `trust`, `score` are the engine's. */
  search(query: ServerQuery, signal: AbortSignal): Promise<readonly FoundServer[]>;
  /** Rate limit as the source told it last. */
  limit?(): { readonly remaining: number; readonly resetAt: number } | undefined;
}
export type FoundServer = Omit<ServerCandidate, 'verified' | 'relevance' | 'trust' | 'score' | 'reasons' | 'sources'>;

export const SEARCH_SOURCE: Token<SearchSource> = token<SearchSource>('search.source');
export const SEARCH_ENGINE: Token<SearchEngine> = token<SearchEngine>('search.engine');
