import type { JsonSchema } from '#plugins/tool-registry/api';

/** An argument that a tool's schema wants repeated in a header: `x-mcp-header` on a property (2026-07-28, "Custom headers"). */
interface Declaration {
  readonly path: readonly string[];
  readonly header: string;
}

const MARK = 'x-mcp-header';
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES = new Set(['string', 'integer', 'boolean']);

type Scan = { readonly declarations: readonly Declaration[]; readonly problem?: string };
const scans = new WeakMap<JsonSchema, Scan>();

function scan(schema: JsonSchema): Scan {
  let found = scans.get(schema);
  if (found === undefined) {
    const declarations: Declaration[] = [];
    const problem = walk(schema, [], true, declarations);
    const names = declarations.map(({ header }) => header.toLowerCase());
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    const wrong = problem ?? (twice === undefined ? undefined : `${MARK} "${twice}" is declared twice`);
    found = { declarations, ...(wrong !== undefined && { problem: wrong }) };
    scans.set(schema, found);
  }
  return found;
}

/** Why a tool's header declarations make it unusable over HTTP; undefined where they do not. */
export const headerProblem = (schema: JsonSchema): string | undefined => scan(schema).problem;

function walk(node: unknown, path: readonly string[], reachable: boolean, into: Declaration[]): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const schema = node as Readonly<Record<string, unknown>>;
  if (!Array.isArray(node) && MARK in schema) {
    const name = schema[MARK];
    const where = path.join('.') || 'the schema itself';
    if (!reachable || path.length === 0)
      return `${where}: ${MARK} is allowed only on properties reached through "properties"`;
    if (typeof name !== 'string' || !HEADER_NAME.test(name))
      return `${where}: ${MARK} ${JSON.stringify(name)} is no header name`;
    if (!TYPES.has(String(schema.type))) return `${where}: ${MARK} needs a string, integer or boolean`;
    into.push({ path, header: name });
  }
  for (const [key, child] of Object.entries(schema)) {
    const named = key === 'properties' && !Array.isArray(node) && typeof child === 'object' && child !== null;
    const problem = named
      ? firstProblem(Object.entries(child), ([property, value]) => walk(value, [...path, property], reachable, into))
      : key === MARK || key === 'default' || key === 'examples' || key === 'const' || key === 'enum'
        ? undefined
        : walk(child, [...path, `<${key}>`], false, into);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function firstProblem<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = check(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The headers of one call; undefined where the tool declares none. */
export function paramHeaders(schema: JsonSchema, parameters: unknown): Readonly<Record<string, string>> | undefined {
  const { declarations } = scan(schema);
  if (declarations.length === 0) return undefined;
  const headers: Record<string, string> = {};
  for (const { path, header } of declarations) {
    const value = path.reduce<unknown>(
      (node, key) => (typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined),
      parameters,
    );
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value))
      headers[`mcp-param-${header.toLowerCase()}`] = headerValue(String(value));
  }
  return headers;
}

const PLAIN = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
const WRAPPED = /^=\?base64\?.*\?=$/;

/** A text as a header value: as it is where a header can hold it, else in the protocol's Base64 form. */
export function headerValue(text: string): string {
  return PLAIN.test(text) && !WRAPPED.test(text) ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
