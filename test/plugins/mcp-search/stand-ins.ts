import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A stand-in for a site that tests cannot reach, over real HTTP on loopback. */
export async function standIn(handler: Handler) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const json = (response: ServerResponse, body: unknown, status = 200, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/** The two requests of the npm registry that matter: one package, and the search. */
export const npmRegistry =
  (
    packages: Readonly<
      Record<string, { readonly version: string; readonly bin?: string; readonly repository?: string }>
    >,
  ): Handler =>
  (request, response) => {
    const url = new URL(request.url!, 'http://npm');
    if (url.pathname === '/-/v1/search')
      return json(response, {
        objects: Object.entries(packages).map(([name, { version }]) => ({
          package: { name, version, description: `An MCP server: ${name}`, keywords: ['mcp'] },
        })),
      });
    const name = decodeURIComponent(url.pathname.slice(1));
    const found = packages[name];
    if (found === undefined) return json(response, { error: 'not found' }, 404);
    const { version, bin, repository } = found;
    json(response, {
      'dist-tags': { latest: version },
      versions: {
        [version]: {
          ...(bin && { bin: { [bin]: 'index.js' } }),
          ...(repository && { repository: { type: 'git', url: repository } }),
          dist: { integrity: 'sha512-x' },
        },
      },
    });
  };

/** The official registry, API v0.1, with one page. */
export const mcpRegistry =
  (
    servers: readonly {
      readonly name: string;
      readonly description: string;
      readonly npm: string;
      readonly version: string;
    }[],
  ): Handler =>
  (_request, response) =>
    json(response, {
      servers: servers.map(({ name, description, npm, version }) => ({
        server: {
          name,
          description,
          version,
          packages: [{ registryType: 'npm', identifier: npm, version, transport: { type: 'stdio' } }],
        },
        _meta: { 'io.modelcontextprotocol.registry/official': { status: 'active', isLatest: true } },
      })),
      metadata: { count: servers.length },
    });
