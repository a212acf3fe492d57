import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { fault, type KernelView } from '#kernel';
import type { Auth } from '#plugins/auth/api';
import type { HttpServer, RouteAnswer, RouteRequest } from './api.ts';
import { docsPage } from './docs-page.ts';
import type { Guard } from './guard.ts';
import { landingPage } from './landing-page.ts';
import { openApiDocument } from './openapi.ts';
import type { AnyRoute } from './registrations.ts';
import type { RouteTable } from './route-table.ts';

export interface OwnParts {
  readonly table: RouteTable;
  readonly kernel: KernelView;
  readonly auth: Auth | undefined;
  readonly guard: Guard;
  readonly address: () => HttpServer['address'];
  readonly base: (host: string | undefined) => string;
}
type Request = RouteRequest<unknown, unknown, unknown>;

const HTML = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};
const FRESH = { 'cache-control': 'no-store' };
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** What the server tells about itself. */
export function ownRoutes(parts: OwnParts): AnyRoute[] {
  const { kernel, table } = parts;
  const documents = new Documents(table, parts.address);
  const open = (path: string, summary: string, handle: (request: Request) => RouteAnswer | Promise<RouteAnswer>) =>
    ({ method: 'GET', path, scope: null, tag: 'server', summary, handle }) as AnyRoute;
  return [
    open('/', 'What is served here.', ({ headers }) => {
      const index = {
        name: 'datapresso',
        url: parts.address().url,
        docs: '/docs',
        ready: '/ready',
        paths: documents.paths(),
      };
      return headers.accept?.includes('text/html') ? { headers: HTML, body: landingPage(index) } : { body: index };
    }),
    open('/health', 'Whether every plugin is well: 200 or 503.', async (request) => {
      const { ok, ready, plugins } = kernel.health();
      const details = await mayRead(parts.guard, request);
      const shown = details
        ? plugins
        : Object.fromEntries(Object.entries(plugins).map(([id, { ok: well }]) => [id, { ok: well }]));
      return { status: ok ? 200 : 503, headers: FRESH, body: { ok, ready, plugins: shown } };
    }),
    open('/ready', 'Whether the server has started and waits for nothing: 200 or 503.', () => {
      const { ready, plugins } = kernel.health();
      const waiting = Object.entries(plugins).filter(([, health]) => health.ready === false);
      const waitingFor = waiting.map(([id]) => id);
      const headers = ready ? FRESH : { ...FRESH, 'retry-after': '1' };
      return { status: ready ? 200 : 503, headers, body: ready ? { ready } : { ready, waiting_for: waitingFor } };
    }),
    {
      ...open('/kernel/status', 'The running configuration, its plugins and their last reloads.', () => ({
        headers: FRESH,
        body: kernel.status(),
      })),
      scope: 'admin',
    },
    open('/docs', 'This documentation.', () => ({ headers: HTML, body: documents.html() })),
    open('/docs/openapi.json', 'This documentation as OpenAPI 3.1.', () => ({
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: documents.json(),
    })),
    { ...open(WELL_KNOWN, 'OAuth metadata of this server (RFC 9728).', ({ headers }) => metadata(parts, headers, '')) },
    {
      ...open(`${WELL_KNOWN}/*path`, 'OAuth metadata of one path (RFC 9728).', ({ headers, params }) =>
        metadata(parts, headers, `/${(params as { path: string }).path}`),
      ),
      params: z.object({ path: z.string() }),
    },
  ];
}

/** The documents follow the routes; each is made once for a set of routes. */
class Documents {
  readonly #table: RouteTable;
  readonly #address: () => HttpServer['address'];
  #made: { readonly version: string; readonly json: string; readonly html: string } | undefined;

  constructor(table: RouteTable, address: () => HttpServer['address']) {
    this.#table = table;
    this.#address = address;
  }
  json(): string {
    return this.#current().json;
  }
  html(): string {
    return this.#current().html;
  }
  paths(): string[] {
    const table = this.#table;
    const routes = table.routes().filter((route) => route.hidden !== true);
    return [
      ...routes.map((route) => `${route.method} ${route.path}`),
      ...table.raws().map((raw) => `${raw.options.methods?.join('|') ?? 'ANY'} ${raw.path}`),
      ...table.upgrades().map((entry) => `WS ${entry.path}`),
    ];
  }
  #current() {
    const { version } = this.#table;
    if (this.#made?.version !== version) {
      const document = openApiDocument(this.#table, this.#address().url);
      this.#made = { version, json: JSON.stringify(document), html: docsPage(document) };
    }
    return this.#made;
  }
}

/** Details name servers and their errors: not for strangers where credentials are asked for. */
async function mayRead(guard: Guard, request: Request): Promise<boolean> {
  if (!guard.required) return true;
  try {
    await guard.identify({ headers: request.headers } as IncomingMessage, 'tools:read', '');
    return true;
  } catch {
    return false;
  }
}

function metadata(parts: OwnParts, headers: Request['headers'], path: string): RouteAnswer {
  const found = parts.auth?.resourceMetadata(parts.base(headers.host) + path);
  if (found === undefined)
    throw fault('OAUTH_ABSENT', 'no OAuth issuer is configured here', {
      kind: 'not_found',
      hint: 'this server takes API keys, or no credentials at all',
    });
  return { headers: { 'cache-control': 'max-age=60' }, body: found };
}
