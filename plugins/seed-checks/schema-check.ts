import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** What a validator of zod cannot read, or what would judge more strictly than the tools do. */
const LEFT_OUT = new Set(['if', 'then', 'else', 'not', 'format', 'dependentSchemas', 'dependencies', 'unevaluatedProperties', 'contains', 'default', 'examples', 'deprecated']);
const MOST_DEEP = 64;
const checks = new WeakMap<object, z.ZodType | null>();

export interface Misfit {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

/** Where a value does not fit a schema; undefined: the schema cannot be read, so nothing can be told. */
export function misfits(schema: Json, value: unknown): readonly Misfit[] | undefined {
  let check = checks.get(schema);
  if (check === undefined) {
    check = readable(schema);
    checks.set(schema, check);
  }
  if (check === null) return undefined;
  const { error } = check.safeParse(value);
  return error === undefined ? [] : error.issues.map(({ path, message }) => ({ path, what: message }));
}

function readable(schema: Json): z.ZodType | null {
  try {
    return z.fromJSONSchema(simplified(schema, 0) as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return null;
  }
}

/** Names of properties may be those of keywords: only keywords are left out. */
function simplified(value: unknown, depth: number, areNames = false): unknown {
  if (depth > MOST_DEEP) return {};
  if (Array.isArray(value)) return value.map((each) => simplified(each, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, each]): [string, unknown][] => {
    if (areNames) return [[key, simplified(each, depth + 1)]];
    if (LEFT_OUT.has(key) || (key === 'pattern' && isSlow(each))) return [];
    if (key === 'enum' || key === 'const' || key === 'required') return [[key, each]];
    // OpenAPI and others write STRING, and `nullable`.
    if (key === 'type') return [[key, typeof each === 'string' ? each.toLowerCase() : each]];
    return [[key, simplified(each, depth + 1, key === 'properties' || key === '$defs' || key === 'definitions' || key === 'patternProperties')]];
  });
  return Object.fromEntries(kept);
}

/** Patterns come with the records: one that repeats a repeat is not tried on anything. */
const isSlow = (pattern: unknown): boolean =>
  typeof pattern !== 'string' || pattern.length > 200 || /[*+}]\)?[*+{]|\)[*+{]|\\[1-9]|[*+][^)|]*[*+]/.test(pattern);
