import { createHash } from 'node:crypto';
import { fault } from '#kernel';
import type { CacheSpace } from '#plugins/cache/api';
import type { Snapshot, ToolRegistry } from '#plugins/tool-registry/api';
import type { GapAnswer, GapDetector, GapRequest, GapTool } from './api.ts';
import type { GapDetectorConfig } from './config.ts';
import { betterElsewhere, type Elsewhere } from './elsewhere.ts';
import type { Judged } from './retrieval.ts';

export interface DetectorParts {
  readonly registry: ToolRegistry;
  readonly config: GapDetectorConfig;
  readonly elsewhere: Elsewhere | undefined;
  readonly space: CacheSpace<Judged> | undefined;
}

/** Answers judged against the registry end with its next change. */
export const REGISTRY_TAG = 'registry';

export class CachedDetector implements GapDetector {
  readonly #parts: DetectorParts;
  #offered: { readonly snapshot: Snapshot; readonly tools: readonly GapTool[] } | undefined;

  constructor(parts: DetectorParts) {
    this.#parts = parts;
  }

  async analyze(request: GapRequest, signal?: AbortSignal): Promise<GapAnswer> {
    this.#check(request);
    signal?.throwIfAborted();
    const { space, config } = this.#parts;
    const tools = request.tools ?? this.#installed();
    const judge = async (): Promise<Judged> => {
      // Half of the plugin, and the lexicon with it: not before somebody asks.
      const { judgeByRetrieval } = await import('./retrieval.ts');
      return this.#compared(request, judgeByRetrieval(request, tools, config), signal);
    };
    if (space === undefined) return { ...(await judge()), cached: false, cacheAgeMs: 0 };
    const tags = request.tools === undefined ? [REGISTRY_TAG] : [];
    const found = await space.through(
      keyOf(request, tools, config),
      async () => ({ value: await judge(), tags }),
      signal && { signal },
    );
    return { ...found.value, cached: found.hit, cacheAgeMs: found.hit ? found.ageMs : 0 };
  }

  /** Where the registry is judged by words alone, what could be installed is the measure of what is. */
  async #compared(request: GapRequest, judged: Judged, signal: AbortSignal | undefined): Promise<Judged> {
    const { elsewhere, config } = this.#parts;
    const { task, requiredCapabilities = [] } = request;
    if (!judged.sufficient || elsewhere === undefined || request.tools !== undefined || requiredCapabilities.length > 0)
      return judged;
    const used = new Set(judged.candidates.map(({ tool }) => tool));
    const tools = this.#installed().filter(({ name }) => used.has(name));
    const installed = new Set(this.#parts.registry.snapshot.servers.keys());
    const better = await betterElsewhere(elsewhere, task, tools, installed, config.nearBest, signal);
    if (better === undefined) return judged;
    const { gapBeside } = await import('./retrieval.ts');
    return gapBeside(better, judged, task);
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
  [...tools.values()].map(({ id, definition, description, capabilities }) => ({
    name: id,
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
