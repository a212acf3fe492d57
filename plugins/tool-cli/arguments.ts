import { fault } from '#kernel';
import type { Tool } from '#plugins/tool-registry/api';

/** The parameters of a call: the JSON object, and the pairs over it. Fault CLI_USAGE where either cannot be read. */
export function callArguments(
  tool: Tool,
  json: string | undefined,
  pairs: readonly (readonly [string, string])[],
): Record<string, unknown> {
  const parameters = json === undefined ? {} : parseObject(json);
  for (const [key, text] of pairs) parameters[key] = typedValue(text, wanted(tool, key));
  return parameters;
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw usage(`--json is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw usage('--json must be an object');
  return { ...value };
}

/** A tool that wants text gets text, also where it reads like a number. */
function typedValue(text: string, types: readonly string[]): unknown {
  if (types.includes('string')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function wanted({ definition: { inputSchema } }: Tool, key: string): readonly string[] {
  const { properties } = inputSchema as { properties?: Record<string, { type?: unknown } | undefined> };
  const type = properties?.[key]?.type;
  return Array.isArray(type) ? type : typeof type === 'string' ? [type] : [];
}

const usage = (message: string) =>
  fault('CLI_USAGE', message, { kind: 'invalid', hint: 'send --json \'{"name": "value"}\', or name=value pairs' });
