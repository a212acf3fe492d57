import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { bootEndpoint, ECHO } from './endpoint-under-test.ts';

/** Event streams last no longer than the key that opened them. */
const dir = mkdtempSync(path.join(tmpdir(), 'mcp-revoked-'));
const keysFile = path.join(dir, 'keys.json');
const KEPT = { name: 'kept', key: 'key-that-is-kept-0123456789' };
const GONE = { name: 'gone', key: 'key-that-goes-0123456789' };
const META = 'io.modelcontextprotocol/';
let house: Awaited<ReturnType<typeof bootEndpoint>>;
let url: string;

beforeAll(async () => {
  writeFileSync(keysFile, JSON.stringify([KEPT, GONE]));
  house = await bootEndpoint([ECHO], {}, { http: { port: 0, recheckMs: 100 }, auth: { keysFile } });
  url = `${house.kernel.get(HTTP_SERVER).address.url}/mcp`;
});
afterAll(async () => {
  await house?.close();
  rmSync(dir, { recursive: true, force: true });
});

const send = (key: string, body: object | undefined, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${key}`,
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) }),
  });

async function sessionStream(key: string): Promise<Response> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '0' } };
  const opened = await send(key, { method: 'initialize', params });
  await opened.text();
  return send(key, undefined, { 'mcp-session-id': opened.headers.get('mcp-session-id')! });
}

function subscription(key: string): Promise<Response> {
  const version = '2026-07-28';
  const _meta = { [`${META}protocolVersion`]: version, [`${META}clientCapabilities`]: {} };
  const method = 'subscriptions/listen';
  const params = { notifications: { toolsListChanged: true }, _meta };
  return send(key, { method, params }, { 'mcp-protocol-version': version, 'mcp-method': method });
}

it('a key that is taken away ends its streams, of both eras, and says why; those of others go on', async () => {
  const [kept, gone, listening] = await Promise.all([
    sessionStream(KEPT.key),
    sessionStream(GONE.key),
    subscription(GONE.key),
  ]);
  writeFileSync(keysFile, JSON.stringify([KEPT]));
  expect(await gone.text()).toContain(': closed, AUTH_INVALID');
  const last = (await listening.text()).trim().split('\n').at(-1);
  expect(JSON.parse(String(last).replace('data: ', ''))).toMatchObject({
    id: 1,
    error: { data: { code: 'AUTH_INVALID' } },
  });
  const reader = kept.body!.getReader();
  const next = reader.read();
  house.registry.register({ ...ECHO, id: 'news', start: 'lazy', manifest: [{ name: 'x', inputSchema: {} }] });
  expect(new TextDecoder().decode((await next).value)).toContain('list_changed');
  await reader.cancel();
});
