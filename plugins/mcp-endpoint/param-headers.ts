import type { IncomingHttpHeaders } from 'node:http';
import type { JsonSchema } from '#plugins/tool-registry/api';
import { decodeHeader } from './classify.ts';
import { isObject } from './wire.ts';

/** An argument that a tool's schema wants repeated as a header: `x-mcp-header` on a property (2026-07-28, "Custom headers"). */
interface Declaration {
  readonly path: readonly string[];
  readonly header: string;
  readonly numeric: boolean;
}

const known = new WeakMap<JsonSchema, readonly Declaration[]>();

function declarationsOf(schema: JsonSchema): readonly Declaration[] {
  let found = known.get(schema);
  if (found === undefined) {
    found = [...walk(schema, [])];
    known.set(schema, found);
  }
  return found;
}

/** Only properties that are reached through `properties` alone may be declared; anything else is the server's mistake. */
function* walk(schema: unknown, path: readonly string[]): Generator<Declaration> {
  if (!isObject(schema)) return;
  const name = schema['x-mcp-header'];
  if (typeof name === 'string' && path.length > 0)
    yield {
      path,
      header: `mcp-param-${name.toLowerCase()}`,
      numeric: schema.type === 'integer' || schema.type === 'number',
    };
  if (isObject(schema.properties)) {
    for (const [key, child] of Object.entries(schema.properties)) yield* walk(child, [...path, key]);
  }
}

/** What disagrees between the arguments and their headers, as a sentence; undefined when all is well. */
export function headerProblem(
  schema: JsonSchema,
  parameters: unknown,
  headers: IncomingHttpHeaders,
): string | undefined {
  for (const { path, header, numeric } of declarationsOf(schema)) {
    const value = path.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), parameters);
    if (value === undefined || value === null || typeof value === 'object') continue;
    const sent = headers[header];
    const where = `params.arguments.${path.join('.')}`;
    if (typeof sent !== 'string') return `the body carries ${where} but the ${header} header is missing`;
    const decoded = decodeHeader(sent);
    if (decoded === undefined) return `the ${header} header carries an invalid Base64 value`;
    const equal = numeric ? Number(decoded) === value && decoded.trim() !== '' : decoded === String(value);
    if (!equal)
      return `the ${header} header says ${JSON.stringify(decoded)} but the body carries ${where}=${JSON.stringify(value)}`;
  }
  return undefined;
}
