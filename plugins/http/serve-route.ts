import type { z } from 'zod';
import { fault, type Log } from '#kernel';
import type { Telemetry } from '#plugins/telemetry/api';
import { sendAnswer, sendFailure } from './answer.ts';
import type { RouteRequest } from './api.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';

export interface ServeOptions {
  readonly log: Log;
  readonly telemetry: Telemetry | undefined;
  /** Aborted when requests that still run must end. */
  readonly ending: AbortSignal;
}

/** Runs the handler of the matched route on what was sent, checked against the route's schemas. */
export async function serveRoute(
  request: HttpRequest,
  response: HttpResponse,
  sent: { readonly query: unknown; readonly body: unknown },
  options: ServeOptions,
): Promise<void> {
  const { route, params } = request.matched!;
  try {
    const call = {
      params: parse(route.params, params, 'path'),
      query: parse(route.query, sent.query, 'query'),
      body: parse(route.body, sent.body, 'body'),
      headers: request.headers,
      principal: request.principal!,
      signal: endOf(response, options.ending),
    } satisfies RouteRequest<unknown, unknown, unknown>;
    const { telemetry } = options;
    const answer = telemetry?.tracing
      ? await telemetry.span(
          `${route.method} ${route.path}`,
          { 'http.request.method': route.method, 'http.route': route.path },
          async () => route.handle(call),
          request.headers.traceparent as string | undefined,
        )
      : await route.handle(call);
    if (!response.destroyed) sendAnswer(response, answer);
  } catch (error) {
    sendFailure(response, error, options.log);
  }
}

/** The query as an object; a name that comes twice has an array. */
export function queryOf(url: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  const at = url.indexOf('?');
  if (at === -1) return query;
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    const before = query[name];
    query[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return query;
}

/** Aborted when the client goes away before its answer, or requests must end. */
function endOf(response: HttpResponse, ending: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const end = (): void => gone.abort(fault('CALL_CANCELLED', 'the server is stopping', { kind: 'unavailable' }));
  ending.addEventListener('abort', end, { once: true });
  response.once('close', () => {
    ending.removeEventListener('abort', end);
    if (!response.writableFinished) gone.abort(fault('CALL_CANCELLED', 'the client went away', { kind: 'cancelled' }));
  });
  return gone.signal;
}

function parse(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 20).map((issue) => ({
    at: [where, ...issue.path.map(String)].join('.'),
    problem: issue.message,
  }));
  const first = problems.map(({ at, problem }) => `${at}: ${problem}`).join('; ');
  throw fault('REQUEST_INVALID', first.slice(0, 2_000), {
    kind: 'invalid',
    hint: 'GET /docs shows what fits',
    data: { problems },
  });
}
