import { isFault } from '#kernel';
import type { SeedEvidence } from '#plugins/synthesizer/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import { isNoTool } from './call-failure.ts';
import { definedName, sameTool } from './tool-names.ts';

/** Tools that the evidence itself tells of: defined in its record, used with an answer, or checked with a seed that it came of. */
export function toolsOfRun({ run, steps, parents = [] }: SeedEvidence): string[] {
  return [
    ...new Set([
      ...(run.toolDefinitions ?? []).map(definedName),
      ...steps.filter((step) => !isNoTool(step)).map(({ tool }) => tool),
      ...parents.flatMap(({ expected_tools }) => expected_tools),
    ]),
  ];
}

/** What a record says of a tool's arguments. */
export const schemaOfRun = ({ run }: SeedEvidence, tool: string): Readonly<Record<string, unknown>> | undefined =>
  run.toolDefinitions?.find((definition) => sameTool(definedName(definition), tool))?.inputSchema;

export type Lookup =
  | { readonly found: 'tool'; readonly tool: Tool }
  /** Several servers have it, or its server has not told its tools. */
  | { readonly found: 'several' | 'unknown yet'; readonly why: string }
  | { readonly found: 'none'; readonly nearest: readonly string[] };

/** A tool in the registry, in any spelling. */
export function lookUp(registry: ToolRegistry, name: string): Lookup {
  try {
    return { found: 'tool', tool: registry.resolve(name) };
  } catch (error) {
    if (!isFault(error)) throw error;
    if (error.code === 'TOOL_AMBIGUOUS') return { found: 'several', why: error.message };
    if (error.kind === 'unavailable') return { found: 'unknown yet', why: error.message };
    if (error.kind === 'not_found') return { found: 'none', nearest: error.alternatives ?? [] };
    throw error;
  }
}

/** A registry without a tool knows nothing: its servers have not been heard yet, or there are none. */
export const speaks = (registry: ToolRegistry | undefined): registry is ToolRegistry =>
  registry !== undefined && registry.snapshot.tools.size > 0;
