import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { open, sleep } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

interface Reply {
  readonly status?: number;
  readonly delayMs?: number;
  readonly body: object;
}

/** A server whose answer to each message a test writes; keeps the methods that it was asked for, and when it refused a stream. */
async function scripted(answer: (method: string, nth: number) => Reply, streamDelayMs = 0) {
  const methods: string[] = [];
  const server = createServer(async (request, response) => {
    const { id, method } = JSON.parse((await text(request)) || '{}') as { id?: number; method?: string };
    if (request.method === 'GET') {
      await sleep(streamDelayMs);
      methods.push('GET');
      return void response.writeHead(405).end();
    }
    if (id === undefined || method === undefined) return void response.writeHead(202).end();
    methods.push(method);
    const { status = 200, delayMs = 0, body } = answer(method, methods.filter((each) => each === method).length);
    await sleep(delayMs);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { methods, launches: [{ kind: 'http', url, headers: {} }] as const };
}

const DISCOVERED = {
  result: { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: {}, ttlMs: 0 },
};
const NO_SUCH_METHOD = { status: 404, body: { error: { code: -32601, message: 'Method not found' } } };
const timeouts = { connectMs: 5_000, callMs: 5_000, idleMs: 0 };
const settled = (health: { readonly state: string } | undefined) =>
  health?.state === 'ready' || health?.state === 'failed';

test('a modern server that was only slow is asked again once it has refused the other era', async () => {
  const { methods, launches } = await scripted((method, nth) =>
    method === 'server/discover' ? { delayMs: nth === 1 ? 2_500 : 0, body: DISCOVERED } : NO_SUCH_METHOD,
  );
  const { dispatcher, registry } = await open({ probeMs: 1_000 });
  registry.register(spec('slow', { launches, timeouts }));
  await registry.until(() => settled(registry.servers.get('slow')?.health));
  expect((await dispatcher.open('slow')).era).toBe('modern');
  expect(methods.slice(0, 3)).toEqual(['server/discover', 'initialize', 'server/discover']);
});

test('a server that wants other credentials is not asked in the other era', async () => {
  const { methods, launches } = await scripted(() => ({ status: 401, body: {} }));
  const { registry } = await open();
  registry.register(spec('closed', { launches, timeouts }));
  await registry.until(() => settled(registry.servers.get('closed')?.health));
  expect(registry.servers.get('closed')?.health.error).toMatch(/401.*credentials/s);
  expect(methods).toEqual(['server/discover']);
});

test('a server that refuses a version and names it as its own is asked once more', async () => {
  const data = { supported: ['2026-07-28'], requested: '2026-07-28' };
  const { methods, launches } = await scripted((_method, nth) =>
    nth === 1
      ? { status: 400, body: { error: { code: -32022, message: 'Unsupported protocol version', data } } }
      : { body: DISCOVERED },
  );
  const { dispatcher, registry } = await open();
  registry.register(spec('picky', { launches, timeouts }));
  await registry.until(() => settled(registry.servers.get('picky')?.health));
  expect((await dispatcher.open('picky')).era).toBe('modern');
  expect(methods).toEqual(['server/discover', 'server/discover']);
});

test('nothing is asked of a legacy server before its stream is open: it may ask back there', async () => {
  const hello = {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'old', version: '1' },
  };
  const { methods, launches } = await scripted((method) => {
    if (method === 'initialize') return { body: { result: hello } };
    return method === 'tools/list' ? { body: { result: { tools: [] } } } : NO_SUCH_METHOD;
  }, 300);
  const { registry } = await open();
  registry.register(spec('old', { launches, timeouts }));
  await expect.poll(() => methods, { timeout: 5_000 }).toContain('tools/list');
  expect(methods.filter((method) => method !== 'server/discover')).toEqual(['initialize', 'GET', 'tools/list']);
});
