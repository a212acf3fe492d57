/** The first place where arguments do not fit. */
export interface Misfit {
  /** Such as `passengers[0].dob`; empty for the arguments themselves. */
  readonly path: string;
  readonly what: string;
}

type Schema = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What redaction puts in the place of a value: nothing can be said of it. */
const PLACEHOLDER = /<[A-Z][A-Z0-9_]*_\d+>/;
export const isRedacted = (value: unknown): boolean => typeof value === 'string' && PLACEHOLDER.test(value);

/** References that go round in circles end here. */
const DEEPEST = 40;
const MOST_ITEMS = 1_000;

/**
 * Whether arguments fit a JSON Schema as records carry them: damaged by redaction, of any dialect, with types of other
 * languages. What is not understood fits. Formats say nothing, as the standard has it.
 */
export function misfitOf(args: unknown, schema: unknown): Misfit | undefined {
  return at(args, schema, { root: schema, path: '', depth: 0 });
}

interface Place {
  readonly root: unknown;
  readonly path: string;
  readonly depth: number;
}

function at(value: unknown, schema: unknown, place: Place): Misfit | undefined {
  if (schema === false) return { path: place.path, what: 'nothing fits there' };
  if (!isObject(schema) || place.depth > DEEPEST || isRedacted(value)) return undefined;
  const here = { ...place, depth: place.depth + 1 };
  if (typeof schema.$ref === 'string') {
    const misfit = at(value, referred(schema.$ref, place.root), here);
    if (misfit !== undefined) return misfit;
  }
  return ofType(value, schema, here) ?? ofChoices(value, schema, here) ?? ofContent(value, schema, here);
}

function ofType(value: unknown, schema: Schema, { path }: Place): Misfit | undefined {
  const types = [schema.type].flat().filter((type) => typeof type === 'string' && type in IS);
  if (value === null && schema.nullable === true) return undefined;
  if (
    types.length > 0 &&
    types.length === [schema.type].flat().length &&
    !types.some((type) => IS[type as Kind](value))
  )
    return { path, what: `is ${kindOf(value)}, not ${types.join(' or ')}` };
  if (Array.isArray(schema.enum) && schema.enum.length > 0 && !schema.enum.some((each) => equal(each, value)))
    return { path, what: `is none of ${clip(JSON.stringify(schema.enum))}` };
  if ('const' in schema && !isRedacted(schema.const) && !equal(schema.const, value))
    return { path, what: `is not ${clip(JSON.stringify(schema.const) ?? '')}` };
  return undefined;
}

type Kind = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';
const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
  null: (value) => value === null,
};
const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const equal = (one: unknown, other: unknown): boolean =>
  one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
const clip = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);

function ofChoices(value: unknown, schema: Schema, place: Place): Misfit | undefined {
  for (const each of listOf(schema.allOf)) {
    const misfit = at(value, each, place);
    if (misfit !== undefined) return misfit;
  }
  // That exactly one fits is more than an argument has to show.
  for (const choice of [listOf(schema.anyOf), listOf(schema.oneOf)])
    if (choice.length > 0 && choice.every((each) => at(value, each, place) !== undefined))
      return { path: place.path, what: 'fits none of the choices' };
  return undefined;
}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function ofContent(value: unknown, schema: Schema, place: Place): Misfit | undefined {
  if (isObject(value)) return ofMembers(value, schema, place);
  if (Array.isArray(value)) return ofItems(value, schema, place);
  if (typeof value === 'string') return ofText(value, schema, place);
  return typeof value === 'number' ? ofNumber(value, schema, place) : undefined;
}

function ofMembers(value: Schema, schema: Schema, place: Place): Misfit | undefined {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const names = Object.keys(value);
  const required = listOf(schema.required);
  const missing = required.find((name) => typeof name === 'string' && !Object.hasOwn(value, name));
  if (missing !== undefined && !names.some(isRedacted)) return { path: place.path, what: `lacks "${missing}"` };
  for (const name of names) {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const known = Object.hasOwn(properties, name);
    // Models write null for what they leave out, and servers take it so.
    if (known && value[name] === null && !required.includes(name)) continue;
    if (!known && (isRedacted(name) || isObject(schema.patternProperties))) continue;
    const misfit = known
      ? at(value[name], properties[name], { ...place, path })
      : schema.additionalProperties === false && Object.keys(properties).length > 0
        ? { path, what: 'is not known' }
        : at(value[name], schema.additionalProperties, { ...place, path });
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function ofItems(value: readonly unknown[], schema: Schema, place: Place): Misfit | undefined {
  const { path } = place;
  if (typeof schema.minItems === 'number' && value.length < schema.minItems)
    return { path, what: `has ${value.length} items, fewer than ${schema.minItems}` };
  if (typeof schema.maxItems === 'number' && value.length > schema.maxItems)
    return { path, what: `has ${value.length} items, more than ${schema.maxItems}` };
  const first = listOf(schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []));
  const others = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  for (const [index, item] of value.slice(0, MOST_ITEMS).entries()) {
    const misfit = at(item, index < first.length ? first[index] : others, { ...place, path: `${path}[${index}]` });
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function ofText(value: string, schema: Schema, { path }: Place): Misfit | undefined {
  if (typeof schema.minLength === 'number' && value.length < schema.minLength && [...value].length < schema.minLength)
    return { path, what: `is shorter than ${schema.minLength} characters` };
  if (typeof schema.maxLength === 'number' && value.length > schema.maxLength && [...value].length > schema.maxLength)
    return { path, what: `is longer than ${schema.maxLength} characters` };
  if (
    typeof schema.pattern === 'string' &&
    value.length <= 1_000 &&
    quickPattern(schema.pattern)?.test(value) === false
  )
    return { path, what: `does not match ${clip(schema.pattern)}` };
  return undefined;
}

/** An expression that cannot take long; others, which a record may carry as well, are left out. */
function quickPattern(source: string): RegExp | undefined {
  const repeats = source.match(/(?<!\\)[*+]|\{\d+,\}/g)?.length ?? 0;
  if (source.length > 200 || repeats > 1 || /\)[*+{]|\\[1-9k]|\(\?[^:]/.test(source)) return undefined;
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}

function ofNumber(value: number, schema: Schema, { path }: Place): Misfit | undefined {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  if (typeof minimum === 'number' && (value < minimum || (above === true && value === minimum)))
    return { path, what: `is below ${minimum}` };
  if (typeof maximum === 'number' && (value > maximum || (below === true && value === maximum)))
    return { path, what: `is above ${maximum}` };
  if (typeof above === 'number' && value <= above) return { path, what: `is not above ${above}` };
  if (typeof below === 'number' && value >= below) return { path, what: `is not below ${below}` };
  return undefined;
}

/** A reference inside the schema; another one fits everything. */
function referred(reference: string, root: unknown): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return true;
  let found: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return true;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
