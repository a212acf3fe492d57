import { expansionProblem } from './schema-cost.ts';
import { namePatternProblem } from './unsafe-pattern.ts';

/**
 * A quick look at a tool's schema when it is listed: schemas are compiled at their first call only, and thousands may
 * be listed. It finds what would stop the compiler, and what nobody should compile.
 */
export interface SchemaLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

const MAX_NODES = 20_000;
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
const ONE = ['not', 'if', 'then', 'else', 'contains', 'propertyNames', 'additionalProperties', 'unevaluatedProperties'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const NUMBERS = [
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
];

/** Why arguments cannot be checked against this schema, or undefined. */
export function schemaProblem(schema: unknown, limits: SchemaLimits): string | undefined {
  if (!isObject(schema)) return 'inputSchema is not an object';
  let text: string;
  try {
    text = JSON.stringify(schema);
  } catch {
    return 'inputSchema cannot be written as JSON';
  }
  if (text.length > limits.maxBytes) return `inputSchema has ${text.length} bytes, more than ${limits.maxBytes}`;
  const names = text.includes('"patternProperties"') ? namePatternProblem(schema) : undefined;
  return names ?? new Walk(limits.maxDepth).problem(schema) ?? expansionProblem(schema);
}

class Walk {
  #nodes = 0;
  /** A reference to the schema's own name does not leave it. */
  #own: unknown;
  readonly #maxDepth: number;
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  problem(root: Record<string, unknown>): string | undefined {
    this.#own = root.$id;
    if (root.type !== undefined && root.type !== 'object' && !includes(root.type, 'object'))
      return `inputSchema describes ${JSON.stringify(root.type)}, arguments are an object`;
    return this.#schema(root, '', 0);
  }

  #schema(schema: unknown, at: string, depth: number): string | undefined {
    if (typeof schema === 'boolean') return undefined;
    if (!isObject(schema)) return `${at || '/'} is not a schema`;
    if (depth > this.#maxDepth) return `inputSchema is nested deeper than ${this.#maxDepth}`;
    if (++this.#nodes > MAX_NODES) return `inputSchema has more than ${MAX_NODES} parts`;
    return this.#keywords(schema, at) ?? this.#inner(schema, at, depth + 1);
  }

  #keywords(schema: Record<string, unknown>, at: string): string | undefined {
    const { type, required, enum: values, $ref: ref } = schema;
    const types = type === undefined ? [] : Array.isArray(type) ? type : [type];
    const unknown = types.find((one) => !TYPES.has(one as string));
    if (unknown !== undefined) return `${at}/type: there is no type ${JSON.stringify(unknown)}`;
    if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string')))
      return `${at}/required is not a list of names`;
    if (values !== undefined && !Array.isArray(values)) return `${at}/enum is not a list`;
    const wrong = NUMBERS.find((key) => schema[key] !== undefined && typeof schema[key] !== 'number');
    if (wrong) return `${at}/${wrong} is not a number`;
    if (typeof ref === 'string' && ref !== this.#own && /^[a-z][a-z0-9+.-]*:\/\//i.test(ref))
      return `${at}/$ref points outside: ${ref}`;
    return undefined;
  }

  #inner(schema: Record<string, unknown>, at: string, depth: number): string | undefined {
    for (const key of ONE) {
      const problem = key in schema ? this.#schema(schema[key], `${at}/${key}`, depth) : undefined;
      if (problem) return problem;
    }
    const { items } = schema;
    const problem = Array.isArray(items)
      ? this.#list(items, `${at}/items`, depth)
      : items !== undefined && this.#schema(items, `${at}/items`, depth);
    if (problem) return problem;
    for (const key of LISTS) {
      const inLists = key in schema ? this.#list(schema[key], `${at}/${key}`, depth) : undefined;
      if (inLists) return inLists;
    }
    for (const key of MAPS) {
      if (!(key in schema)) continue;
      const map = schema[key];
      if (!isObject(map)) return `${at}/${key} is not an object`;
      for (const name in map) {
        const inMap = this.#schema(map[name], `${at}/${key}/${name}`, depth);
        if (inMap) return inMap;
      }
    }
    return undefined;
  }

  #list(list: unknown, at: string, depth: number): string | undefined {
    if (!Array.isArray(list)) return `${at} is not a list`;
    for (const [index, one] of list.entries()) {
      const problem = this.#schema(one, `${at}/${index}`, depth);
      if (problem) return problem;
    }
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const includes = (list: unknown, value: string): boolean => Array.isArray(list) && list.includes(value);
