import type { RunToolDefinition } from '../../api.ts';
import { isObject, listOf, textOf } from './members.ts';
import { present } from './present.ts';

/** Definitions as OpenAI (`function`), Anthropic (`input_schema`), MCP (`inputSchema`) or the GenAI conventions have them. */
export function toolDefinitions(value: unknown): readonly RunToolDefinition[] | undefined {
  const definitions = listOf(value).flatMap((one) => {
    const named = isObject(one) && isObject(one.function) ? one.function : one;
    if (!isObject(named) || typeof named.name !== 'string' || named.name === '') return [];
    const schema = named.parameters ?? named.input_schema ?? named.inputSchema;
    return present({
      name: named.name,
      server: isObject(one) ? textOf(one.server) : undefined,
      description: typeof named.description === 'string' ? named.description : undefined,
      inputSchema: isObject(schema) ? schema : undefined,
    });
  });
  return definitions.length > 0 ? definitions : undefined;
}
