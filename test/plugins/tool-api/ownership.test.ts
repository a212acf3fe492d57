import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi } from './boot-tool-api.ts';

/** What callers with keys of their own may register, and whose it is then. */
const KEYS = { ada: 'key-of-ada-0123456789', bob: 'key-of-bob-0123456789', root: 'key-of-root-0123456789' };
type Name = keyof typeof KEYS;
const AWAY = { url: 'https://tools.example/mcp', start: 'lazy' };
const ELSEWHERE = { url: 'https://elsewhere.example/mcp', start: 'lazy' };
const dir = mkdtempSync(path.join(tmpdir(), 'ownership-'));
let api: BootedToolApi;
const boot = (toolApi: object = {}) =>
  bootToolApi({
    dir,
    toolApi,
    plugins: {
      auth: {
        keys: [
          { name: 'ada', key: KEYS.ada, scopes: ['tools:read', 'tools:write'] },
          { name: 'bob', key: KEYS.bob, scopes: ['tools:read', 'tools:write'] },
          { name: 'root', key: KEYS.root, scopes: ['admin'] },
        ],
      },
    },
  });
beforeAll(async () => {
  api = await boot();
});
afterAll(async () => {
  await api.stop();
  rmSync(dir, { recursive: true, force: true });
});
const headersOf = (name: Name) => ({ authorization: `Bearer ${KEYS[name]}` });
const register = (who: Name, body: object) =>
  ask(api.port, '/api/v1/tools/register', { method: 'POST', headers: headersOf(who), body });
const remove = (who: Name, id: string) =>
  ask(api.port, `/api/v1/tools/${id}`, { method: 'DELETE', headers: headersOf(who) });
const addressOf = (id: string) => api.registry.server(id).spec.launches[0];
const NOT_YOURS = { status: 403, code: 'SERVER_NOT_YOURS', hint: expect.stringContaining('admin') };

describe('a server belongs to who registered it', () => {
  test('nobody else replaces or removes it, under no spelling; its owner and an admin do', async () => {
    expect((await register('ada', { id: 'files', ...AWAY, aliases: ['documents'] })).status).toBe(201);
    for (const body of [
      { id: 'files', ...ELSEWHERE },
      { id: 'Files_Server', ...ELSEWHERE, aliases: ['files'] },
      { id: 'documents', ...ELSEWHERE },
      { servers: { fine: ELSEWHERE, files: ELSEWHERE } },
    ])
      expect((await register('bob', body)).json, JSON.stringify(body)).toMatchObject(NOT_YOURS);
    expect((await remove('bob', 'files')).json).toMatchObject(NOT_YOURS);
    expect([...api.registry.snapshot.servers.keys()]).toEqual(['files']);
    expect(addressOf('files')).toMatchObject({ url: AWAY.url });
    expect((await register('ada', { id: 'files', ...ELSEWHERE })).status).toBe(201);
    expect((await register('root', { id: 'files', ...AWAY })).status).toBe(201);
    // It is the admin's now.
    expect((await register('ada', { id: 'files', ...ELSEWHERE })).json).toMatchObject(NOT_YOURS);
    expect((await remove('root', 'files')).status).toBe(200);
  });

  test('also after a restart', async () => {
    expect((await register('ada', { id: 'kept', ...AWAY })).status).toBe(201);
    await api.stop();
    api = await boot();
    expect((await register('bob', { id: 'kept', ...ELSEWHERE })).json).toMatchObject(NOT_YOURS);
    expect((await remove('bob', 'kept')).json).toMatchObject(NOT_YOURS);
    expect((await remove('ada', 'kept')).status).toBe(200);
  });
});

describe('addresses of this machine and its networks', () => {
  const privately = [
    'http://127.0.0.1:9/mcp',
    'http://127.1/mcp',
    'http://2130706433/mcp',
    'http://0x7f.0.0.1/mcp',
    'http://0177.0.0.1/mcp',
    'http://0/mcp',
    'http://169.254.169.254/latest/meta-data',
    'http://10.1.2.3/mcp',
    'http://172.31.0.1/mcp',
    'https://192.168.1.1/mcp',
    'http://100.100.100.200/mcp',
    'http://[::1]/mcp',
    'http://[::]/mcp',
    'http://[::ffff:169.254.169.254]/mcp',
    'http://[64:ff9b::a9fe:a9fe]/mcp',
    'http://[2002:7f00:1::]/mcp',
    'http://[fe80::1]/mcp',
    'http://[fd00::1]/mcp',
    'http://localhost:8090/mcp',
    'http://LOCALHOST./mcp',
    'http://x.localhost/mcp',
    'http://redis:6379/mcp',
    'http://metadata.google.internal/mcp',
    'ws://127.0.0.1:9/mcp',
  ];
  test.each(privately)('%s takes an admin', async (url) => {
    const refused = await register('ada', { id: 'near', url, start: 'lazy' });
    expect(refused.json).toMatchObject({ status: 403, code: 'ADDRESS_REFUSED' });
    const replicas = await register('ada', { id: 'near', ...AWAY, replicas: [{ url }] });
    expect(replicas.json.status).toBe(403);
    expect(api.registry.snapshot.servers.has('near')).toBe(false);
  });

  test.each(['https://tools.example/mcp', 'https://8.8.8.8/mcp', 'https://[2606:4700::1111]/mcp', 'wss://a.example/'])(
    '%s takes tools:write',
    async (url) => {
      expect((await register('ada', { id: 'far', url, start: 'lazy' })).status).toBe(201);
    },
  );

  test('an admin may, and everybody with tools:write where the configuration says so', async () => {
    const near = { id: 'near', url: privately[0], start: 'lazy' };
    expect((await register('root', near)).status).toBe(201);
    expect((await remove('root', 'near')).status).toBe(200);
    await api.stop();
    api = await boot({ privateAddresses: 'writers' });
    expect((await register('ada', near)).status).toBe(201);
  });
});
