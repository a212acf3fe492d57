import type { GapTool } from '../api.ts';
import type { GapDetectorConfig } from '../config.ts';

type Limits = GapDetectorConfig['llm'];

/** The toolkit of a tool, or the server that its id begins with. */
export const toolkitOf = ({ toolkit, name }: GapTool): string =>
  toolkit ?? (name.includes('/') ? name.slice(0, name.indexOf('/')) : 'other');

/** Toolkits with the names of their tools, as many as fit a prompt. */
export function toolkitsOf(tools: readonly GapTool[], { toolkitsInPrompt, descriptionCharacters }: Limits) {
  const names = new Map<string, string[]>();
  for (const tool of tools) {
    const toolkit = toolkitOf(tool);
    const all = names.get(toolkit) ?? [];
    all.push(tool.name.slice(tool.name.indexOf('/') + 1));
    names.set(toolkit, all);
  }
  return [...names].slice(0, toolkitsInPrompt).map(([name, all]) => {
    return { name, tools: all.join(', ').slice(0, descriptionCharacters) };
  });
}

/** What a prompt says of one tool. */
export function shown({ name, description = '', capabilities, parameters }: GapTool, limits: Limits) {
  return {
    name,
    description: description.slice(0, limits.descriptionCharacters),
    ...(capabilities?.length && { capabilities }),
    ...(parameters !== undefined && { parameters: parameterNames(parameters) }),
  };
}

const MOST_PARAMETERS = 20;

function parameterNames(parameters: unknown): string[] {
  if (Array.isArray(parameters)) return parameters.map(String).slice(0, MOST_PARAMETERS);
  const properties = (parameters as { properties?: unknown } | null)?.properties ?? parameters;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).slice(0, MOST_PARAMETERS) : [];
}
