import { z } from 'zod';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { Telemetry } from '#plugins/telemetry/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { type Available, availableQuery } from './available.ts';
import { detail } from './detail.ts';
import { type Executor, executeBody } from './execute.ts';
import { keyOf } from './idempotency-key.ts';
import type { KeyedCalls } from './keyed-calls.ts';
import { servers, stats } from './overview.ts';
import { type Registration, registerBody } from './registration.ts';

export interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly registry: ToolRegistry;
  readonly telemetry: Telemetry | undefined;
  readonly available: Available;
  readonly executor: Executor;
  readonly keyed: KeyedCalls;
  readonly registration: Registration;
  /** Figures of the event socket. */
  readonly sockets: () => object;
}

const idParam = z.object({ id: z.string().min(1).max(512).describe('a server, or a tool as server/tool') });
const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .default('false')
  .transform((text) => text !== 'false' && text !== '0');

const JSON_TEXT = { 'content-type': 'application/json; charset=utf-8' };

/** Registers every route; the undos take them out again. */
export function addRoutes(parts: RouteParts): (() => void | Promise<void>)[] {
  const { http, registry } = parts;
  const reading = { owner: parts.owner, scope: 'tools:read', tag: 'tools' } as const;
  const undos = [
    http.route({
      ...reading,
      method: 'GET',
      path: '/api/v1/tools/available',
      summary: 'All tools, for programs, prompts and model APIs. ETag by registry version.',
      query: availableQuery,
      answers: {
        200: { description: 'the tools; `json`: { tools, formatted_tools_description, version, total }' },
        304: { description: 'you have them' },
      },
      handle: ({ query, headers }) => parts.available.answer(query, headers['if-none-match']),
    }),
    http.route({
      ...reading,
      method: 'GET',
      path: '/api/v1/tools/:id/detail',
      summary: 'Everything about a server or a tool: schema, MCP names, health, versions, statistics.',
      params: idParam,
      handle: ({ params }) => ({ body: detail(registry, params.id, http.address.url) }),
    }),
    http.route({
      ...reading,
      method: 'GET',
      path: '/api/v1/tools/:server/:tool/detail',
      hidden: true,
      summary: 'The same, with the slash of the id as it is.',
      params: z.object({ server: z.string().min(1), tool: z.string().min(1) }),
      handle: ({ params }) => ({ body: detail(registry, `${params.server}/${params.tool}`, http.address.url) }),
    }),
    http.route({
      ...reading,
      scope: 'tools:call',
      method: 'POST',
      path: '/api/v1/tools/execute/*id',
      summary: 'Runs a tool. With an Idempotency-Key it runs once, however often it is sent.',
      params: idParam,
      query: z.object({ raw: flag.describe("true: the tool's MCP result, byte for byte") }),
      body: executeBody.prefault({}),
      answers: {
        200: {
          description: '{ success, output, error?, artifacts, metadata }; success is false where the tool said so',
        },
        400: { description: 'the parameters do not fit: each problem, and what fits' },
        404: { description: 'no such tool; the nearest names' },
        409: {
          description: 'several tools fit; or the Idempotency-Key is that of another call, or of one that was cut off',
        },
        502: { description: 'the server of the tool failed; its id' },
        504: { description: 'the server of the tool did not answer in time; its id' },
      },
      handle: async ({ params, query, body, headers, principal, signal }) => {
        const sent = headers['idempotency-key'];
        if (sent !== undefined) {
          const outcome = await parts.keyed.run(keyOf(sent), params.id, body, principal, signal);
          const told = outcome.replayed ? { 'idempotency-replayed': 'true' } : {};
          return query.raw
            ? { body: outcome.text, headers: { ...JSON_TEXT, ...told } }
            : { body: outcome.body, headers: told };
        }
        const { text, body: done } = await parts.executor.run(params.id, body, principal, signal);
        return query.raw ? { body: text, headers: JSON_TEXT } : { body: done };
      },
    }),
    http.route({
      ...reading,
      scope: 'tools:call',
      method: 'DELETE',
      path: '/api/v1/calls/*key',
      summary: 'Cancels a call of yours that runs, by its Idempotency-Key.',
      params: z.object({ key: z.string().min(1).max(512) }),
      answers: { 200: { description: '{ cancelled }: false where no such call runs' } },
      handle: ({ params, principal }) => ({ body: { cancelled: parts.keyed.cancel(keyOf(params.key), principal) } }),
    }),
    http.route({
      ...reading,
      scope: 'tools:write',
      method: 'POST',
      path: '/api/v1/tools/register',
      summary: 'Adds one server, or several at once: all or none. Kept for the next start.',
      body: registerBody,
      answers: { 201: { description: '{ success, registered, version }' } },
      handle: async ({ body, principal, headers }) => ({
        status: 201,
        body: await parts.registration.register(body, principal, headers.origin !== undefined),
      }),
    }),
    http.route({
      ...reading,
      scope: 'tools:write',
      method: 'DELETE',
      path: '/api/v1/tools/*id',
      summary: 'Removes a server that was registered over REST.',
      params: idParam,
      answers: { 200: { description: '{ success, tool_id, removed_tools, version }' } },
      handle: async ({ params, principal }) => ({ body: await parts.registration.unregister(params.id, principal) }),
    }),
    http.route({
      ...reading,
      method: 'GET',
      path: '/api/v1/servers',
      tag: 'servers',
      summary: 'All servers with their state.',
      handle: () => ({ body: servers(registry) }),
    }),
    http.route({
      ...reading,
      method: 'GET',
      path: '/api/v1/stats',
      tag: 'servers',
      summary: 'Calls, servers, tools and sockets in numbers.',
      handle: () => ({ body: stats(registry, parts.sockets()) }),
    }),
  ];
  if (parts.telemetry !== undefined) undos.push(addMetrics(parts, parts.telemetry));
  return undos;
}

const addMetrics = ({ http, owner }: RouteParts, telemetry: Telemetry) =>
  http.route({
    owner,
    scope: 'tools:read',
    tag: 'server',
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics in the Prometheus text format.',
    handle: async () => {
      const { contentType, text } = await telemetry.metrics();
      return { body: text, headers: { 'content-type': contentType } };
    },
  });
