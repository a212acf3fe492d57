import { z } from 'zod';
import type { AnyRoute, RawEntry } from './registrations.ts';
import type { RouteTable } from './route-table.ts';

type Json = Record<string, unknown>;
export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly parameters?: readonly {
    name: string;
    in: string;
    required: boolean;
    schema: unknown;
    description?: string;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Json };
  readonly responses: Json;
  readonly security: readonly Json[];
  readonly [extension: `x-${string}`]: unknown;
}
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Json;
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457, with a stable code',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'what was wrong' },
    code: { type: 'string', description: 'stable, to be compared' },
    hint: { type: 'string', description: 'what to do' },
    alternatives: { type: 'array', items: { type: 'string' }, description: 'what would have been right' },
    instance: { type: 'string', description: 'the path of the request' },
  },
};

/** OpenAPI 3.1 of what is registered now. */
export function openApiDocument(table: RouteTable, url: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const put = (path: string, method: string, operation: OpenApiOperation): void => {
    paths[path] = { ...paths[path], [method]: operation };
  };
  for (const route of table.routes()) {
    if (route.hidden) continue;
    put(template(route.path), route.method.toLowerCase(), routeOperation(route));
  }
  for (const raw of table.raws())
    for (const method of raw.options.methods ?? ['GET', 'POST'])
      put(template(raw.path), method.toLowerCase(), rawOperation(raw, method));
  for (const entry of table.upgrades())
    put(template(entry.path), 'get', {
      ...rawOperation(entry, 'GET'),
      description: 'A WebSocket: connect with a WebSocket client.',
      responses: { 101: { description: 'the socket is open' }, default: failure },
      'x-websocket': true,
    });
  const names = new Set(Object.values(paths).flatMap((path) => Object.values(path).flatMap(({ tags }) => tags)));
  return {
    openapi: '3.1.0',
    info: { title: 'Datapresso', version: '1', description: 'One authoritative tool plane for agents.' },
    servers: [{ url }],
    tags: [...names].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'an API key, or an OAuth 2.1 access token' },
      },
    },
  };
}

const failure = {
  description: 'a problem document',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** `/a/:id/*rest` as `/a/{id}/{rest}`. */
const template = (path: string): string =>
  path.replace(/:(\w+)/g, '{$1}').replace(/\*(\w*)$/, (_, name: string) => `{${name || 'path'}}`);

const operationId = (method: string, path: string): string =>
  `${method.toLowerCase()}_${path.replace(/\W+/g, '_').replace(/^_+|_+$/g, '')}`;

const security = (scope: string | null): Json[] => (scope === null ? [] : [{ bearer: [] }]);

function routeOperation(route: AnyRoute): OpenApiOperation {
  const parameters = [...pathParameters(route), ...schemaParameters(route.query, 'query')];
  const responses: Json = { default: failure };
  const answers = route.answers ?? { 200: { description: 'done' } };
  for (const [status, { description, schema }] of Object.entries(answers))
    responses[status] = {
      description,
      ...(schema !== undefined && { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } }),
    };
  return {
    operationId: operationId(route.method, route.path),
    summary: route.summary,
    tags: [route.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
      },
    }),
    responses,
    security: security(route.scope),
    ...(route.scope !== null && { 'x-scope': route.scope }),
  };
}

function rawOperation(raw: Pick<RawEntry, 'path' | 'options'>, method: string): OpenApiOperation {
  const parameters = named(raw.path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    operationId: operationId(method, raw.path),
    summary: raw.options.summary ?? 'A protocol of its own.',
    tags: [raw.options.tag ?? raw.path.split('/')[1] ?? 'server'],
    ...(parameters.length > 0 && { parameters }),
    responses: { 200: { description: 'as the protocol has it' }, default: failure },
    security: security(raw.options.scope),
    ...(raw.options.scope !== null && { 'x-scope': raw.options.scope }),
  };
}

const named = (path: string): string[] => [...template(path).matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);

/** Every name in the template must be described, whether the route has a schema for it or not. */
function pathParameters(route: AnyRoute) {
  const known = new Map(schemaParameters(route.params, 'path').map((parameter) => [parameter.name, parameter]));
  return named(route.path).map(
    (name) => known.get(name) ?? { name, in: 'path', required: true, schema: { type: 'string' } as unknown },
  );
}

function schemaParameters(schema: z.ZodType | undefined, where: 'path' | 'query') {
  if (schema === undefined) return [];
  const { properties, required } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || (required?.includes(name) ?? false),
    schema: rest as unknown,
    ...(typeof description === 'string' && { description }),
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return rest;
}
