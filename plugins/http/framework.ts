import { isUtf8 } from 'node:buffer';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { fault, isFault, type Log } from '#kernel';
import type { Telemetry } from '#plugins/telemetry/api';
import { sendAnswer, sendFailure } from './answer.ts';
import type { RouteRequest } from './api.ts';
import { checkDepth } from './body-depth.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';

export interface FrameworkOptions {
  readonly server: Server;
  readonly bodyLimitBytes: number;
  readonly bodyDepth: number;
  readonly log: Log;
  readonly telemetry: Telemetry | undefined;
  /** Aborted when requests that still run must end. */
  readonly ending: AbortSignal;
  readonly clientError: (error: Error & { code?: string }, socket: Socket) => void;
}

export interface Framework {
  readonly app: FastifyInstance;
  readonly take: (request: HttpRequest, response: HttpResponse) => void;
}

/** Fastify with one wildcard route: it reads, bounds and parses bodies; which route is meant was found before. */
export async function startFramework(options: FrameworkOptions): Promise<Framework> {
  const { fastify } = await import('fastify');
  let take: Framework['take'] | undefined;
  const app = fastify({
    serverFactory: (handler) => {
      take = handler as unknown as Framework['take'];
      return options.server;
    },
    bodyLimit: options.bodyLimitBytes,
    clientErrorHandler: options.clientError as never,
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1_048_576 },
  });
  app.removeAllContentTypeParsers();
  const json = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json(?:$|[\s;])/,
    { parseAs: 'buffer' },
    (request, body, done) => {
      const bytes = body as Buffer;
      // Many clients name the type also where they send nothing.
      if (bytes.length === 0) return done(null, undefined);
      try {
        if (!isUtf8(bytes)) throw fault('HTTP_BODY_INVALID', 'the body is not UTF-8', { kind: 'invalid' });
        const text = bytes.toString('utf8');
        checkDepth(text, options.bodyDepth);
        json(request, text, done);
      } catch (error) {
        done(error as Error);
      }
    },
  );
  app.setErrorHandler((error, _request, reply) => {
    // Fastify would close the connection after an unread body, and clients would lose the answer; Node reads it away.
    reply.removeHeader('connection');
    sendFailure(hijack(reply), isFault(error) ? error : bodyFault(error, options.bodyLimitBytes), options.log);
  });
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    handler: (request, reply) => serve(request, hijack(reply), options),
  });
  await app.ready();
  return { app, take: take! };
}

/** From here on the answer is ours: one way to write answers for routes and raw handlers alike. */
function hijack(reply: FastifyReply): HttpResponse {
  reply.hijack();
  return reply.raw as unknown as HttpResponse;
}

async function serve(framed: FastifyRequest, response: HttpResponse, options: FrameworkOptions): Promise<void> {
  const request = framed.raw as unknown as HttpRequest;
  const { route, params } = request.matched!;
  try {
    const call = {
      params: parse(route.params, params, 'path'),
      query: parse(route.query, framed.query, 'query'),
      body: parse(route.body, framed.body, 'body'),
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

/** Fastify's errors about bodies, as faults. */
function bodyFault(error: unknown, limit: number): unknown {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return fault('HTTP_BODY_TOO_LARGE', `the body is larger than ${limit} bytes`, {
        kind: 'too_large',
        hint: 'send less, or raise bodyLimitBytes of http',
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return fault('HTTP_BODY_TYPE', 'the body is not declared as JSON', {
        kind: 'invalid',
        hint: 'send it with the header "content-type: application/json"',
        data: { status: 415 },
      });
    default:
      if (statusCode === undefined || statusCode >= 500) return error;
      return fault('HTTP_BODY_INVALID', `the body is no JSON that can be taken: ${(error as Error).message}`, {
        kind: 'invalid',
      });
  }
}
