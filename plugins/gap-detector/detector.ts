import { createHash } from 'node:crypto';
import { fault, type Log, reason } from '#kernel';
import type { CacheSpace } from '#plugins/cache/api';
import type { Llm } from '#plugins/llm/api';
import type { Snapshot, ToolRegistry } from '#plugins/tool-registry/api';
import type { ToolMatcher } from '#plugins/tool-search/api';
import type { GapAnswer, GapDetector, GapRequest, GapTool } from './api.ts';
import type { GapDetectorConfig } from './config.ts';
import { betterElsewhere, type Elsewhere } from './elsewhere.ts';
import type { Judged } from './retrieval.ts';

export interface DetectorParts {
  readonly registry: ToolRegistry;
  readonly config: GapDetectorConfig;
  readonly elsewhere: Elsewhere | undefined;
  readonly space: CacheSpace<Judged> | undefined;
  readonly llm: Llm | undefined;
  readonly log: Log;
}

const FULL_COVERAGE = 0.99;
const LEAST_WORDS = 2;
/** How sure that is; not calibrated, there is no public data for it. */
const SAID_IN_FULL = 0.7;
const HAN = /\p{Script=Han}/u;

/** Answers judged against the registry end with its next change. */
export const REGISTRY_TAG = 'registry';

export class CachedDetector implements GapDetector {
  readonly #parts: DetectorParts;
  /** Why the model failed last: said once, not with every request. */
  #told: string | undefined;
  #offered: { readonly snapshot: Snapshot; readonly tools: readonly GapTool[] } | undefined;

  constructor(parts: DetectorParts) {
    this.#parts = parts;
  }

  async analyze(request: GapRequest, signal?: AbortSignal): Promise<GapAnswer> {
    this.#check(request);
    signal?.throwIfAborted();
    const { space, config } = this.#parts;
    const tools = request.tools ?? this.#installed();
    const judge = (until?: AbortSignal): Promise<Judged> =>
      config.strategy === 'llm' ? this.#byModel(request, tools, until) : this.#byWords(request, tools, until);
    if (space === undefined) return { ...(await judge(signal)), cached: false, cacheAgeMs: 0 };
    const tags = request.tools === undefined ? [REGISTRY_TAG] : [];
    const compute = async (until: AbortSignal) => {
      const value = await judge(until);
      // What a model that is away would have said is asked for again with the next request.
      return { value, tags, keep: value.fallback === undefined };
    };
    const found = await space.through(keyOf(request, tools, config), compute, signal && { signal });
    return { ...found.value, cached: found.hit, cacheAgeMs: found.hit ? found.ageMs : 0 };
  }

  async #byWords(request: GapRequest, tools: readonly GapTool[], signal: AbortSignal | undefined): Promise<Judged> {
    // Half of the plugin, and the lexicon with it: not before somebody asks.
    const { judgeByRetrieval } = await import('./retrieval.ts');
    const asked = this.#inTheirLanguage(request, tools);
    return this.#compared(request, judgeByRetrieval(asked, tools, this.#parts.config), signal);
  }

  /** A task told in Chinese is compared with tools described in English as it would be told in English. */
  #inTheirLanguage(request: GapRequest, tools: readonly GapTool[]): GapRequest {
    if (tools.some(({ description = '' }) => HAN.test(description))) return request;
    const task = this.#parts.elsewhere?.matcher.english(request.task);
    return task === undefined ? request : { ...request, task };
  }

  /** The model's judgement; where it fails, that of words, which says so. */
  async #byModel(request: GapRequest, tools: readonly GapTool[], signal: AbortSignal | undefined): Promise<Judged> {
    const { llm, config, log } = this.#parts;
    const late = AbortSignal.timeout(config.llm.timeoutMs);
    try {
      if (llm === undefined) throw new Error('the pipeline has no plugin llm');
      const { discover } = await import('./llm/discovery.ts');
      return await discover({ llm, config }, request, tools, signal ? AbortSignal.any([signal, late]) : late);
    } catch (error) {
      signal?.throwIfAborted();
      const fallback = late.aborted ? `the model took longer than ${config.llm.timeoutMs} ms` : reason(error);
      if (this.#told !== fallback)
        log.warn('The model could not judge what is missing; words did.', { reason: fallback });
      this.#told = fallback;
      return { ...(await this.#byWords(request, tools, signal)), fallback };
    }
  }

  /** Where the registry is judged by words alone, what could be installed is the measure of what is. */
  async #compared(request: GapRequest, judged: Judged, signal: AbortSignal | undefined): Promise<Judged> {
    const { elsewhere, config } = this.#parts;
    const { task, requiredCapabilities = [] } = request;
    if (elsewhere === undefined || request.tools !== undefined || requiredCapabilities.length > 0) return judged;
    const said = judged.sufficient ? judged : this.#saidInFull(task, judged, elsewhere.matcher);
    if (!said.sufficient) return judged;
    const used = new Set(said.candidates.map(({ tool }) => tool));
    const tools = this.#installed().filter(({ name }) => used.has(name));
    const installed = new Set(this.#parts.registry.snapshot.servers.keys());
    const better = await betterElsewhere(elsewhere, task, tools, installed, config.nearBest, signal);
    if (better === undefined) return said;
    const { gapBeside } = await import('./retrieval.ts');
    return gapBeside(better, judged, task);
  }

  /** A tool whose description has every word of a short task does it, whatever else it may do. */
  #saidInFull(task: string, judged: Judged, matcher: ToolMatcher): Judged {
    const likely = new Set(judged.candidates.map(({ tool }) => tool));
    const tools = this.#installed().filter(({ name }) => likely.has(name));
    const matches = matcher.match(task, tools);
    const full = tools
      .map(({ name }, n) => ({ tool: name, match: matches[n]! }))
      .filter(({ match }) => match.coverage >= FULL_COVERAGE && match.shared.length >= LEAST_WORDS)
      .sort((a, b) => b.match.relevance - a.match.relevance)
      .slice(0, this.#parts.config.candidates);
    if (full.length === 0) return judged;
    return {
      ...judged,
      sufficient: true,
      confidence: SAID_IN_FULL,
      coverage: 1,
      reasoning: `"${full[0]!.tool}" has every word of the task in its description`,
      missing: [],
      candidates: full.map(({ tool, match }) => {
        return { tool, score: match.relevance, reason: 'has every word of the task' };
      }),
    };
  }

  #installed(): readonly GapTool[] {
    const { snapshot } = this.#parts.registry;
    if (this.#offered?.snapshot !== snapshot) this.#offered = { snapshot, tools: toolsOf(snapshot) };
    return this.#offered.tools;
  }

  #check({ task, tools, requiredCapabilities = [] }: GapRequest): void {
    const { maxTaskCharacters, maxTools } = this.#parts.config;
    const wrong =
      task.trim() === '' && requiredCapabilities.length === 0
        ? 'it says neither a task nor a required capability'
        : task.length > maxTaskCharacters
          ? `the task has more than ${maxTaskCharacters} characters`
          : (tools?.length ?? 0) > maxTools
            ? `it has more than ${maxTools} tools`
            : tools?.some(({ name }) => name.trim() === '')
              ? 'a tool has no name'
              : undefined;
    if (wrong !== undefined)
      throw fault('GAP_REQUEST_INVALID', `The request cannot be judged: ${wrong}`, { kind: 'invalid' });
  }
}

const toolsOf = ({ tools }: Snapshot): readonly GapTool[] =>
  [...tools.values()].map(({ id, definition, description, capabilities, server, toolkit }) => ({
    name: id,
    toolkit: toolkit ?? server,
    description: description ?? definition.description ?? '',
    capabilities,
    parameters: definition.inputSchema,
  }));

/** All that the answer depends on: a cache may outlive the registry's state and the configuration. */
function keyOf(request: GapRequest, tools: readonly GapTool[], config: GapDetectorConfig): string {
  const { task, requiredCapabilities, preferences, constraints } = request;
  const all = [task, requiredCapabilities, preferences, constraints, tools, config];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}
