import { z } from 'zod';
import type { AnyPlugin } from '../contract.ts';
import { pipelineSchema } from '../limits.ts';

type Json = Record<string, unknown>;

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const SUBSTITUTED = { type: 'string', pattern: '\\$\\{' };

/** The options of a plugin as editors check them while somebody writes a pipeline. */
export function optionsSchema(spec: AnyPlugin): Json {
  const schema = z.toJSONSchema(spec.config, { io: 'input', unrepresentable: 'any' }) as unknown as Json;
  delete schema.$schema;
  return schema;
}

/** The whole pipeline file, for editors; and the list of the plugins that come with the kernel. */
export function jsonSchema(specs: readonly AnyPlugin[]): Json {
  const keys = z.toJSONSchema(pipelineSchema, { io: 'input', unrepresentable: 'any' }) as unknown as Json;
  const properties: Json = {};
  const patternProperties: Json = {};
  for (const spec of [...specs].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const options = { anyOf: [withSubstitution(optionsSchema(spec)), { type: 'null' }, { const: 'off' }] };
    properties[spec.name] = { description: spec.summary, ...options };
    patternProperties[`^${spec.name}/[a-z0-9][a-z0-9-]*$`] = { $ref: `#/properties/plugins/properties/${spec.name}` };
  }
  const own = withSubstitution(keys).properties as Json;
  return {
    $schema: DRAFT,
    title: 'Pipeline of plugins',
    type: 'object',
    required: ['kernel'],
    additionalProperties: false,
    properties: {
      ...own,
      include: {
        description: 'pipeline files to start from, relative to this one; maps merge by key, lists and scalars replace',
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      },
      plugins: {
        description: 'id (`plugin` or `plugin/label`) -> options | off',
        type: 'object',
        properties,
        patternProperties,
        additionalProperties: { type: ['object', 'null', 'string'] },
      },
    },
  };
}

/** `${NAME}` may stand wherever a value may, also for a number. */
function withSubstitution(schema: Json): Json {
  const copy: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties')
      copy[key] = Object.fromEntries(
        Object.entries(value as Json).map(([name, each]) => [name, loosened(each as Json)]),
      );
    else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object'))
      copy[key] = loosened(value as Json);
    else if (key === 'anyOf') copy[key] = (value as Json[]).map(withSubstitution);
    else copy[key] = value;
  }
  return copy;
}

function loosened(schema: Json): Json {
  const inner = withSubstitution(schema);
  const scalar = ['number', 'integer', 'boolean'].includes(String(schema.type)) || schema.enum !== undefined;
  if (!scalar) return inner;
  const { description, default: otherwise, ...rest } = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
    anyOf: [rest, SUBSTITUTED],
  };
}

/** The option table of a plugin's README. */
export function optionTable(spec: AnyPlugin): string {
  const rows = optionRows(optionsSchema(spec), '');
  if (rows.length === 0) return 'No options.\n';
  return ['| option | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function optionRows(schema: Json, prefix: string): string[] {
  return Object.entries((schema.properties ?? {}) as Json).flatMap(([name, each]) => {
    const option = each as Json;
    const own = option.default === undefined ? '' : `\`${JSON.stringify(option.default)}\``;
    const cells = [`\`${prefix}${name}\``, typeText(option), own, String(option.description ?? '')];
    const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    return [row, ...optionRows(option, `${prefix}${name}.`)];
  });
}

function typeText(schema: Json): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => `\`${String(each)}\``).join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((each) => typeText(each as Json)).join(' or ');
  if (schema.type === 'array') return `list of ${typeText((schema.items ?? {}) as Json)}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object')
    return `map of ${typeText(schema.additionalProperties as Json)}`;
  const { minimum: from, maximum: to } = schema;
  const bounded = (value: unknown): value is number =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const range =
    bounded(from) && bounded(to)
      ? ` ${from} to ${to}`
      : bounded(from)
        ? ` from ${from}`
        : bounded(to)
          ? ` up to ${to}`
          : '';
  return `${schema.type === undefined ? 'any' : String(schema.type)}${range}`;
}
