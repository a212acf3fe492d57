import type { JsonSchema } from './api.ts';
import { isObject } from './schema-check.ts';

const MAX_LENGTH = 160;
const MAX_DEPTH = 3;

/** What fits a schema, in few words: `string`, `integer 1..10`, `"a" | "b"`, `{ code: string, tries?: integer }`. */
export function shape(schema: unknown, root: unknown = schema): string {
  const text = describe(schema, root, 0);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
}

function describe(schema: unknown, root: unknown, depth: number): string {
  if (schema === false) return 'nothing';
  const resolved = resolveLocal(schema, root);
  if (!isObject(resolved)) return 'any value';
  if (depth > MAX_DEPTH) return 'a value';
  if ('const' in resolved) return literal(resolved.const);
  if (Array.isArray(resolved.enum)) return alternatives(resolved.enum.map((value) => literal(value)));
  for (const key of ['anyOf', 'oneOf'] as const) {
    const branches = resolved[key];
    if (Array.isArray(branches)) return alternatives(branches.map((one) => describe(one, root, depth + 1)));
  }
  const types = Array.isArray(resolved.type) ? resolved.type : [resolved.type ?? implied(resolved)];
  return alternatives(types.map((type) => typed(type, resolved, root, depth)));
}

function typed(type: unknown, schema: Record<string, unknown>, root: unknown, depth: number): string {
  switch (type) {
    case 'object':
      return objectShape(schema, root, depth);
    case 'array':
      return `array of ${schema.items === undefined ? 'any values' : describe(schema.items, root, depth + 1)}${limits(schema)}`;
    case 'string':
    case 'number':
    case 'integer':
      return `${type}${limits(schema)}`;
    case undefined:
      return 'any value';
    default:
      return typeof type === 'string' ? type : 'any value';
  }
}

function objectShape(schema: Record<string, unknown>, root: unknown, depth: number): string {
  const { properties, required } = schema;
  if (!isObject(properties) || Object.keys(properties).length === 0) return 'object';
  const needed = new Set(Array.isArray(required) ? required : []);
  const members = Object.entries(properties)
    .slice(0, 12)
    .map(([name, one]) => `${name}${needed.has(name) ? '' : '?'}: ${describe(one, root, depth + 1)}`);
  return `{ ${members.join(', ')}${Object.keys(properties).length > 12 ? ', ...' : ''} }`;
}

/** ` 1..10`, ` of 3 to 5 characters`, ` (email)`: what the other keywords ask for. */
export function limits(schema: Record<string, unknown>): string {
  const number = (key: string): number | undefined => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const [minimum, maximum] = [number('minimum'), number('maximum')];
  const [above, below, step] = [number('exclusiveMinimum'), number('exclusiveMaximum'), number('multipleOf')];
  const parts: string[] = [];
  if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum}..${maximum}`);
  else if (minimum !== undefined) parts.push(`>= ${minimum}`);
  else if (maximum !== undefined) parts.push(`<= ${maximum}`);
  if (above !== undefined) parts.push(`> ${above}`);
  if (below !== undefined) parts.push(`< ${below}`);
  if (step !== undefined) parts.push(`multiple of ${step}`);
  parts.push(...span(number('minLength'), number('maxLength'), 'characters'));
  parts.push(...span(number('minItems'), number('maxItems'), 'items'));
  if (typeof schema.format === 'string') parts.push(`(${schema.format})`);
  if (typeof schema.pattern === 'string') parts.push(`matching ${schema.pattern.slice(0, 60)}`);
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

function span(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (least !== undefined && most !== undefined) return [`${least} to ${most} ${unit}`];
  if (least !== undefined) return [`at least ${least} ${unit}`];
  return most === undefined ? [] : [`at most ${most} ${unit}`];
}

/** Follows `#/...` references; anything else is left as it is. */
export function resolveLocal(schema: unknown, root: unknown): unknown {
  let current = schema;
  for (let hops = 0; hops < 8; hops++) {
    if (!isObject(current) || typeof current.$ref !== 'string' || !current.$ref.startsWith('#/')) return current;
    let target: unknown = root;
    for (const part of current.$ref.slice(2).split('/')) {
      const key = decode(part);
      target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    current = target;
  }
  return undefined;
}
const decode = (part: string): string => {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
};

const implied = (schema: JsonSchema): string | undefined =>
  schema.properties !== undefined ? 'object' : schema.items !== undefined ? 'array' : undefined;
const alternatives = (texts: readonly string[]): string =>
  [...new Set(texts)].slice(0, 20).join(' | ') + (texts.length > 20 ? ' | ...' : '');

/** A value as JSON, cut to what a message can carry. */
export function literal(value: unknown, most = 60): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
