import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server';

const MAX_BODY = 16 * 1024 * 1024;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export type HttpListener = { url: string; close: () => Promise<void> };

/**
 * Streamable HTTP at /mcp (both protocol eras) and GET /health. On loopback the Host and Origin headers are checked;
 * on any other address a token is a must, since whoever reaches this port can browse from this machine.
 */
export async function serveHttp(
  factory: McpServerFactory,
  port: number,
  host: string,
  token: string | undefined,
): Promise<HttpListener> {
  if (!LOOPBACK.includes(host) && !token) {
    throw new Error(
      `refusing to listen on ${host} without a token: set BROWSER_NAVIGATOR_TOKEN, or use --host 127.0.0.1`,
    );
  }
  const handler = createMcpHandler(factory, { maxRequestBodySize: MAX_BODY });
  const serve = toNodeHandler(handler);
  const checkHost = localhostHostValidation();
  const checkOrigin = localhostOriginValidation();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/health' && request.method === 'GET') return answer(response, 200, { status: 'ok' });
    if (path !== '/mcp') return answer(response, 404, { error: 'not found; the endpoint is /mcp' });
    if (token ? !hasToken(request, token) : !checkHost(request, response)) {
      if (!response.headersSent)
        answer(response, 401, { error: 'a bearer token is needed' }, { 'www-authenticate': 'Bearer' });
      return;
    }
    if (!checkOrigin(request, response)) return;
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) {
      request.resume(); // a client that still writes would otherwise see a broken pipe instead of the answer
      answer(response, 413, { error: `the body is larger than ${MAX_BODY} bytes` });
      return;
    }
    void serve(request as NodeIncomingMessageLike, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/mcp`,
    close: async () => {
      await handler.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Digests are compared, so that neither the content nor the length of the token shows in the time. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
