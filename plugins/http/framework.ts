import { isUtf8 } from 'node:buffer';
import type { Server } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { fault, isFault } from '#kernel';
import { sendFailure } from './answer.ts';
import { checkDepth } from './body-depth.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import { queryOf, type ServeOptions, serveRoute } from './serve-route.ts';

export interface FrameworkOptions extends ServeOptions {
  readonly server: Server;
  readonly bodyLimitBytes: number;
  readonly bodyDepth: number;
}

interface Framework {
  readonly app: FastifyInstance;
  readonly take: (request: HttpRequest, response: HttpResponse) => void;
}

/**
 * Fastify with one wildcard route: it reads, bounds and parses bodies; which route is meant was found before. Loaded when
 * the first body comes: it is the dearest import of the house (9 MiB, 60 ms), and many servers never need it.
 */
export class Bodies {
  readonly #options: FrameworkOptions;
  #loading: Promise<Framework> | undefined;
  #framework: Framework | undefined;

  constructor(options: FrameworkOptions) {
    this.#options = options;
  }

  take(request: HttpRequest, response: HttpResponse): void {
    if (this.#framework !== undefined) return this.#framework.take(request, response);
    this.#loading ??= startFramework(this.#options);
    this.#loading.then(
      (framework) => {
        this.#framework = framework;
        framework.take(request, response);
      },
      (error) => sendFailure(response, error, this.#options.log),
    );
  }

  async close(): Promise<void> {
    await (await this.#loading)?.app.close();
  }
}

async function startFramework(options: FrameworkOptions): Promise<Framework> {
  const { fastify } = await import('fastify');
  let take: Framework['take'] | undefined;
  const app = fastify({
    serverFactory: (handler) => {
      take = handler as unknown as Framework['take'];
      return options.server;
    },
    bodyLimit: options.bodyLimitBytes,
    // The listener answers these itself, also before Fastify is here.
    clientErrorHandler: () => undefined,
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
    handler: (framed, reply) => {
      const request = framed.raw as unknown as HttpRequest;
      return serveRoute(request, hijack(reply), { query: queryOf(request.url!), body: framed.body }, options);
    },
  });
  await app.ready();
  return { app, take: take! };
}

/** From here on the answer is ours: one way to write answers for routes and raw handlers alike. */
function hijack(reply: FastifyReply): HttpResponse {
  reply.hijack();
  return reply.raw as unknown as HttpResponse;
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
