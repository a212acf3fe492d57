import { isFault } from '#kernel';
import type { SeedEvidence } from '#plugins/synthesizer/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { RunToolDefinition } from '#plugins/trajectory-formats/api';
import { isErrorText, isUnknownTool } from './result-texts.ts';

/** What is known of a tool of one name, and by whom. */
export type KnownTool =
  | { readonly by: 'registry'; readonly tool: Tool }
  | { readonly by: 'run'; readonly definition: RunToolDefinition }
  /** It was used, and answered as a tool does. */
  | { readonly by: 'use' }
  /** `missing`: the registry has tools of this run, but not this one. */
  | { readonly by: 'nobody'; readonly missing: boolean };

/** Asks the registry, then the definitions that the run itself carries, then what the run did. */
export class ToolKnowledge {
  readonly #registry: ToolRegistry | undefined;

  constructor(registry: ToolRegistry | undefined) {
    this.#registry = registry;
  }

  /** Checks arguments as the registry does; rethrows nothing but its own faults. */
  get registry(): ToolRegistry | undefined {
    return this.#registry;
  }

  find(name: string, { run, steps }: SeedEvidence): KnownTool {
    const tool = this.#resolve(name);
    if (tool !== undefined) return { by: 'registry', tool };
    const definition = run.toolDefinitions?.find((each) => isSameTool(nameOf(each), name));
    if (definition !== undefined) return { by: 'run', definition };
    const used = steps.filter((step) => isSameTool(step.tool, name));
    // An agent may have called a tool that there never was.
    const worked = used.some(({ result }) => result !== undefined && !isUnknownTool(result));
    // A registry that knows the other tools of the run would know this one.
    const missing = this.#knowsSome(steps.map((step) => step.tool));
    return worked && !missing ? { by: 'use' } : { by: 'nobody', missing };
  }

  /** Whether anybody could know: without a tool in sight, nothing can be told of one. */
  canTell({ run, steps }: SeedEvidence): boolean {
    return steps.length > 0 || (run.toolDefinitions?.length ?? 0) > 0 || (this.#registry?.snapshot.tools.size ?? 0) > 0;
  }

  #knowsSome(names: readonly string[]): boolean {
    if (this.#registry === undefined || this.#registry.snapshot.tools.size === 0) return false;
    return [...new Set(names)].some((name) => this.#resolve(name) !== undefined);
  }

  #resolve(name: string): Tool | undefined {
    if (this.#registry === undefined) return undefined;
    try {
      return this.#registry.resolve(name);
    } catch (error) {
      if (isFault(error)) return undefined;
      throw error;
    }
  }
}

const nameOf = ({ server, name }: RunToolDefinition): string => (server === undefined ? name : `${server}/${name}`);

/** Spellings of one name: `server/tool`, `server__tool`, `Server.tool`; without its server where one of them has none. */
export function isSameTool(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [partsOf(one), partsOf(other)];
  if (a.length !== b.length && Math.min(a.length, b.length) === 1) return a.at(-1) === b.at(-1);
  return a.join('/') === b.join('/');
}
const partsOf = (name: string): string[] =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .split(/\/|__|\.|:/)
    .map((part) => part.replace(/[^\p{L}\p{N}]+/gu, ''))
    .filter((part) => part !== '');

/** A result that says that the tool failed, whatever its mark says. */
export const isFailure = (step: { readonly error: boolean; readonly result?: string | undefined }): boolean =>
  step.error || (step.result !== undefined && isErrorText(step.result));
