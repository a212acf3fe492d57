import type { JsonSchema } from './api.ts';
import { isObject } from './schema-check.ts';
import { resolveLocal } from './shape.ts';

const CHOICES = ['allOf', 'anyOf', 'oneOf'] as const;
const REFUSED_AT_TOP = ['$schema', '$id', 'id', 'enum', 'const', 'not', 'if', 'then', 'else', ...CHOICES];

/**
 * The schema as the model providers take it: an object at the top with `properties`, and no choice there. What a choice
 * says of properties is kept, and a property stays required where every alternative asks for it. Below the top nothing changes.
 */
export function portableSchema(schema: JsonSchema): JsonSchema {
  const source = resolveLocal(schema, schema);
  const top: Record<string, unknown> = isObject(source) ? { ...source } : {};
  if (isObject(schema)) for (const key of ['$defs', 'definitions'] as const) if (key in schema) top[key] = schema[key];
  const properties: Record<string, unknown> = isObject(top.properties) ? { ...top.properties } : {};
  const required = new Set(names(top.required));
  for (const key of CHOICES) {
    const branches = (Array.isArray(top[key]) ? top[key] : []).map((one) => resolveLocal(one, schema)).filter(isObject);
    for (const branch of branches)
      if (isObject(branch.properties))
        for (const [name, value] of Object.entries(branch.properties)) properties[name] ??= value;
    const lists = branches.map((branch) => names(branch.required));
    const always =
      key === 'allOf' ? lists.flat() : (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
    for (const name of always) required.add(name);
  }
  for (const key of REFUSED_AT_TOP) delete top[key];
  delete top.required;
  return { ...top, type: 'object', properties, ...(required.size > 0 && { required: [...required] }) };
}

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
