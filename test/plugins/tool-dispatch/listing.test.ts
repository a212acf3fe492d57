import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { open } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'long', version: '1' },
};

/** A legacy server with these pages of tools. */
async function listing(page: (at: number) => { tools: readonly object[]; nextCursor?: string }) {
  let asked = 0;
  const server = createServer(async (request, response) => {
    const { id, method } = JSON.parse((await text(request)) || '{}') as { id?: number; method?: string };
    if (id === undefined) return void response.writeHead(request.method === 'GET' ? 405 : 202).end();
    const result = method === 'initialize' ? HELLO : method === 'tools/list' ? page(asked++) : {};
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return spec('long', {
    launches: [{ kind: 'http', url, headers: {} }],
    protocol: 'legacy',
    timeouts: { connectMs: 8000, callMs: 8000, idleMs: 0 },
  });
}

const tools = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ name: `t${from + at}`, inputSchema: { type: 'object' } }));

test('of a page with too many tools the first ones are taken, with one warning', async () => {
  const { registry, lines } = await open();
  registry.register(await listing(() => ({ tools: tools(130_000) })));
  await registry.until(() => (registry.servers.get('long')?.tools.length ?? 0) > 0);
  const names = registry.servers.get('long')?.tools.map(({ name }) => name);
  expect([names?.length, names?.at(-1)]).toEqual([20_000, 't19999']);
  expect(lines.filter((line) => line.startsWith('warn'))).toEqual([expect.stringMatching(/20000 tools/)]);
});

test('a list with more bytes than allowed is cut within the page, and no further page is asked for', async () => {
  const { registry, lines } = await open({ maxListBytes: 10_000 });
  let pages = 0;
  const endless = (at: number) => {
    pages = at + 1;
    return { tools: tools(100, at * 100), nextCursor: String(at + 1) };
  };
  registry.register(await listing(endless));
  await registry.until(() => (registry.servers.get('long')?.tools.length ?? 0) > 0);
  const kept = registry.servers.get('long')?.tools ?? [];
  expect(JSON.stringify(kept.map(({ definition }) => definition)).length).toBeLessThan(10_500);
  expect(kept.length).toBeGreaterThan(150);
  expect(kept.length % 100).not.toBe(0);
  expect(pages).toBe(3);
  expect(lines.filter((line) => line.startsWith('warn'))).toEqual([expect.stringMatching(/10000 bytes/)]);
});
