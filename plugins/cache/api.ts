import { type Token, token } from '#kernel';

/**
 * Answers that were costly to get, kept in layers (memory, Redis, persistent; which ones a space uses is configuration).
 * Values are plain JSON. A layer that is down is skipped: the cache never fails a caller.
 */
export interface Cache {
  /**
   * One key space, e.g. `tool_discovery:github_api`; its time to live and layers stand in the configuration under this
   * name. Two calls with one name give the same space.
   */
  space<V>(name: string): CacheSpace<V>;
  /** Forgets every entry, of any space, that was stored with this tag. */
  invalidate(tag: string): Promise<void>;
  /** By space name. */
  statistics(): Readonly<Record<string, CacheStatistics>>;
}

export interface CacheSpace<V> {
  /**
   * The value under `key` where it is fresh. Otherwise computed: callers that ask at the same time share one
   * computation, which ends when the last of them has given up. Where computing fails and an expired value is still
   * there, that is given (`stale`), at most `staleMs` after its end; without one the failure is the caller's.
   */
  through(
    key: string,
    compute: (signal: AbortSignal) => Promise<Computed<V>>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Cached<V>>;
  get(key: string): Promise<Cached<V> | undefined>;
  set(key: string, value: V, options?: StoreOptions): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}

export interface Computed<V> extends StoreOptions {
  readonly value: V;
  /** False: given to those who wait, but not kept (a partial answer). Default true. */
  readonly keep?: boolean;
}
export interface StoreOptions {
  /** Instead of the space's own time to live, in milliseconds. */
  readonly ttlMs?: number;
  readonly tags?: readonly string[];
}
export interface Cached<V> {
  readonly value: V;
  /** False where it was computed for this call. */
  readonly hit: boolean;
  readonly ageMs: number;
  /** Its time is over; given because it could not be computed anew. */
  readonly stale: boolean;
}

export interface CacheStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Callers that shared another's computation. */
  readonly joined: number;
  readonly stale: number;
  readonly failures: number;
  readonly entries: number;
}

export const CACHE: Token<Cache> = token<Cache>('cache');
