import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Pages = Record<string, string | ((request: IncomingMessage, response: ServerResponse) => unknown)>;

/** A web site on loopback. `seen` holds the path of each request that came. */
export class WebSite {
  readonly url: string;
  readonly port: number;
  readonly seen: string[];
  readonly close: () => Promise<void>;

  private constructor(port: number, seen: string[], close: () => Promise<void>) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.seen = seen;
    this.close = close;
  }

  static async open(pages: Pages, host = '127.0.0.1'): Promise<WebSite> {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname !== '/favicon.ico') seen.push(pathname);
      const page = pages[pathname];
      if (typeof page === 'function') return void page(request, response);
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page ?? 'not found');
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return new WebSite((server.address() as AddressInfo).port, seen, async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    });
  }

  /** Closed with the test. */
  static async during(pages: Pages): Promise<WebSite> {
    const site = await WebSite.open(pages);
    onTestFinished(site.close);
    return site;
  }
}

/** The body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
