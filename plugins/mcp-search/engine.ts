import { createHash } from 'node:crypto';
import { fault, isFault, type Log, reason } from '#kernel';
import type { CacheSpace } from '#plugins/cache/api';
import type { ToolMatcher } from '#plugins/tool-search/api';
import type {
  FoundServer,
  SearchEngine,
  SearchSource,
  ServerCandidate,
  ServerQuery,
  ServerSearch,
  SourceReport,
} from './api.ts';
import type { McpSearchConfig } from './config.ts';
import { type Merged, merge } from './merge.ts';
import { candidateOf, relevanceOf } from './rank.ts';
import type { CatalogSource } from './sources/catalog.ts';
import { inNewestVersion, type Verifier, withFacts } from './verify.ts';

type Found = Omit<ServerSearch, 'cached'>;

export interface EngineParts {
  readonly config: McpSearchConfig;
  readonly log: Log;
  readonly matcher: ToolMatcher;
  readonly catalog: CatalogSource;
  /** All but the catalog, by name. */
  readonly remotes: ReadonlyMap<string, SearchSource>;
  readonly verifier: Verifier;
  readonly space: CacheSpace<Found> | undefined;
}

/** Asks the catalog, and where that does not answer, everybody else at once; merges, looks up, ranks. */
export class ParallelSearch implements SearchEngine {
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  async search(query: ServerQuery, signal: AbortSignal = new AbortController().signal): Promise<ServerSearch> {
    if (query.query.trim() === '' && (query.capabilities ?? []).length === 0)
      throw fault('SEARCH_QUERY_INVALID', 'nothing is asked for', { kind: 'invalid', hint: 'say what is needed' });
    const { space, config, catalog } = this.#parts;
    const mode = query.mode ?? config.mode;
    if (space === undefined) return { ...(await this.#search(query, mode, signal)), cached: false };
    // What is kept outlives this process, and the catalog may be edited while there is none.
    const asked = mode === 'remote' ? '' : await catalog.digest();
    const { value, hit } = await space.through(
      keyOf(query, mode, asked),
      async (given) => {
        const found = await this.#search(query, mode, given);
        const isWhole = found.sources.every(({ state }) => state === 'ok' || state === 'skipped');
        const tags = (query.capabilities ?? []).map((each) => `capability:${each}`);
        return { value: found, keep: isWhole && found.candidates.length > 0, tags };
      },
      { signal },
    );
    return { ...value, cached: hit };
  }

  async candidate(id: string, signal: AbortSignal = new AbortController().signal): Promise<ServerCandidate> {
    const npm = /^npm:(.+)$/.exec(id)?.[1];
    const listed = await this.#parts.catalog.get(id);
    const server: FoundServer | undefined =
      listed ??
      (npm === undefined
        ? undefined
        : {
            id,
            name: npm.split('/').at(-1)!,
            description: '',
            capabilities: [],
            tools: [],
            distributions: [{ kind: 'npm', package: npm, version: '', args: [], env: {} }],
            needs: { secrets: [], network: true, backing: [] },
          });
    const merged = server && { server, sources: listed === undefined ? ['npm'] : ['catalog'] };
    // Asked for by name: it is what is wanted, and as it is now.
    const candidate = merged && (await this.#verified(merged, { relevance: 1, shared: [], named: [] }, signal, true));
    if (candidate === undefined)
      throw fault('CANDIDATE_UNKNOWN', `no server "${id}"`, {
        kind: 'not_found',
        hint: 'an identity is npm:NAME, or one that the catalog has',
      });
    return candidate;
  }

  async #search(query: ServerQuery, mode: NonNullable<ServerQuery['mode']>, signal: AbortSignal): Promise<Found> {
    const { config, catalog, remotes } = this.#parts;
    const lists: { source: string; servers: readonly FoundServer[] }[] = [];
    const sources: SourceReport[] = [];
    // In the order of the sources, not of their answers: where two tell of the same server, the first one stands.
    const ask = async (asked: Iterable<readonly [string, SearchSource]>): Promise<void> => {
      const answers = [...asked].map(([name, source]) => this.#ask(name, source, query, signal));
      for (const { report, servers } of await Promise.all(answers)) {
        sources.push(report);
        lists.push({ source: report.source, servers });
      }
    };
    if (mode !== 'remote') await ask([['catalog', catalog]]);
    let candidates = await this.#candidates(merge(lists), query, signal);
    const isEnough = (candidates[0]?.relevance ?? 0) >= config.localEnough;
    if (mode !== 'local' && !(mode === 'hybrid' && isEnough)) {
      await ask(remotes);
      candidates = await this.#candidates(merge(lists), query, signal);
    } else {
      for (const name of remotes.keys())
        sources.push({ source: name, state: 'skipped', found: 0, durationMs: 0, reason: 'the catalog answers' });
    }
    return { candidates: candidates.slice(0, query.k), sources };
  }

  async #ask(name: string, source: SearchSource, query: ServerQuery, signal: AbortSignal) {
    const began = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#parts.config.deadlineMs)]);
    const report = (state: SourceReport['state'], found: number, rest: Partial<SourceReport> = {}): SourceReport => {
      return { source: name, state, found, durationMs: Math.round(performance.now() - began), ...rest };
    };
    try {
      const servers = await endsWith(limit, source.search(query, limit));
      return { report: report('ok', servers.length), servers };
    } catch (error) {
      signal.throwIfAborted();
      this.#parts.log.debug('a source did not answer', { source: name, reason: reason(error) });
      if (limit.aborted)
        return {
          report: report('timeout', 0, { reason: `no answer within ${this.#parts.config.deadlineMs} ms` }),
          servers: [],
        };
      if (isFault(error) && error.code === 'SOURCE_LIMITED')
        return {
          report: report('limited', 0, { reason: error.message, retryAt: Number(error.data.retryAt) }),
          servers: [],
        };
      return {
        report: report('failed', 0, { reason: isFault(error) ? error.message : 'its answer cannot be read' }),
        servers: [],
      };
    }
  }

  /** The most relevant ones, looked up; what is not there is dropped, and others move up. */
  async #candidates(merged: readonly Merged[], query: ServerQuery, signal: AbortSignal): Promise<ServerCandidate[]> {
    const relevance = relevanceOf(
      this.#parts.matcher,
      query,
      merged.map(({ server }) => server),
    );
    const likely = merged
      .map((each, n) => ({ merged: each, match: relevance[n]! }))
      .filter(({ match }) => match.relevance > 0)
      .sort((a, b) => b.match.relevance - a.match.relevance)
      .slice(0, Math.max(query.k, this.#parts.config.verifyMost));
    const looked = await Promise.all(likely.map(({ merged: each, match }) => this.#verified(each, match, signal)));
    return looked.filter((each) => each !== undefined).sort((a, b) => b.score - a.score || a.id.localeCompare(b.id));
  }

  async #verified(
    merged: Merged,
    match: { readonly relevance: number; readonly shared: readonly string[]; readonly named: readonly string[] },
    signal: AbortSignal,
    anew = false,
  ): Promise<ServerCandidate | undefined> {
    const { verifier } = this.#parts;
    let verdict = await verifier.verdict(merged.server, signal, { anew });
    // A version that only one of several sources knows must not hide the package: then its newest one is meant.
    if (verdict?.kind === 'absent' && merged.sources.length > 1 && !merged.sources.includes('catalog'))
      verdict = await verifier.verdict(inNewestVersion(merged.server), signal, { anew });
    if (verdict?.kind === 'absent') {
      this.#parts.log.info('left out a server', { server: merged.server.id, reason: verdict.reason });
      return undefined;
    }
    if (verdict?.kind === 'exists') {
      const server = withFacts(merged.server, verdict.facts, merged.sources.includes('catalog'));
      return candidateOf({ merged: { ...merged, server }, ...match, facts: verdict.facts });
    }
    // The catalog is ours: without a network its entries are still worth naming. What others claim is not.
    if (verdict !== undefined && !merged.sources.includes('catalog')) return undefined;
    return candidateOf({ merged, ...match, facts: undefined, ...(verdict && { unverified: verdict.reason }) });
  }
}

const keyOf = ({ query, capabilities = [], k }: ServerQuery, mode: string, catalog: string): string =>
  createHash('sha256')
    .update(JSON.stringify([query.trim().toLowerCase(), [...capabilities].sort(), k, mode, catalog]))
    .digest('hex');

/** A source that does not heed its signal must not hold up the others. */
function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
