import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { AUTH, type AuditEntry, type Auth, type Scope } from '#plugins/auth/api';
import { fake } from '../../support/boot-kernel.ts';
import { ask } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi, echoEntry, until } from './boot-tool-api.ts';

const ended = { url: 'http://127.0.0.1:9/mcp', start: 'lazy' };
const away = { url: 'https://tools.example/mcp', start: 'lazy' };

describe('without authentication, on loopback', () => {
  let api: BootedToolApi;
  const register = (body: unknown, headers = {}) =>
    ask(api.port, '/api/v1/tools/register', { method: 'POST', body, headers });
  const remove = (id: string) => ask(api.port, `/api/v1/tools/${id}`, { method: 'DELETE' });
  const ids = () => [...api.registry.snapshot.servers.keys()];
  beforeAll(async () => {
    api = await bootToolApi({ servers: { fixed: { ...ended } } });
  });
  afterAll(() => api.stop());

  test('a program is registered, runs, is there after a restart, and goes for good', async () => {
    const { status, json } = await register({ id: 'mine', ...echoEntry });
    expect(status).toBe(201);
    expect(json).toMatchObject({ success: true, registered: [{ tool_id: 'mine', mcp_endpoint: '/mcp/servers/mine' }] });
    const ran = await ask(api.port, '/api/v1/tools/execute/mine', {
      method: 'POST',
      body: { action: 'echo', parameters: { text: 'hi' } },
    });
    expect(ran.json.output).toBe('hi');
    const { dir } = api;
    await api.kernel.stop();
    api = await bootToolApi({ servers: { fixed: { ...ended } }, dir });
    expect(ids()).toContain('mine');
    const gone = await remove('mine');
    expect(gone.json).toMatchObject({ success: true, tool_id: 'mine' });
    expect(ids()).not.toContain('mine');
    await api.kernel.stop();
    api = await bootToolApi({ servers: { fixed: { ...ended } }, dir });
    expect(ids()).toEqual(['fixed']);
    const stop = api.stop;
    api = { ...api, stop: () => stop().then(() => rmSync(dir, { recursive: true, force: true })) };
  });

  test('of several, all are taken or none', async () => {
    const good = await register({ servers: { a: ended, b: ended } });
    expect(good.json.registered).toHaveLength(2);
    const bad = await register({
      mcpServers: { a: { ...ended, url: 'http://127.0.0.1:10/mcp' }, c: ended, fixed: ended },
    });
    expect(bad.json).toMatchObject({ status: 409, code: 'SERVER_TAKEN' });
    expect(ids().sort()).toEqual(['a', 'b', 'fixed']);
    expect(api.registry.server('a').spec.launches).toMatchObject([{ url: ended.url }]);
    for (const id of ['a', 'b']) expect((await remove(id)).status).toBe(200);
  });

  test.each([
    [{}, 'REQUEST_INVALID'],
    [{ servers: {} }, 'REQUEST_INVALID'],
    [{ servers: [] }, 'REQUEST_INVALID'],
    [[], 'REQUEST_INVALID'],
    [{ id: 'x', comand: 'node' }, 'SERVER_ENTRY_INVALID'],
    [{ id: 'x' }, 'SERVER_ENTRY_INVALID'],
    [{ id: 'x', url: 'nonsense' }, 'SERVER_ENTRY_INVALID'],
    [{ id: '---', ...ended }, 'SERVER_ID_INVALID'],
  ])('%j is refused', async (body, code) => {
    expect((await register(body)).json).toMatchObject({ status: 400, code });
    expect(ids()).toEqual(['fixed']);
  });

  test('what others brought is not removed here, and a tool not alone', async () => {
    expect((await remove('fixed')).json).toMatchObject({ status: 409, code: 'SERVER_NOT_YOURS' });
    expect((await remove('fixed/tool')).json).toMatchObject({ status: 400, code: 'TOOL_NOT_ALONE' });
    expect((await remove('no-such')).json).toMatchObject({ status: 404, code: 'SERVER_UNKNOWN' });
  });

  test('a web page cannot register programs, though its origin is local', async () => {
    const answer = await register({ id: 'x', ...echoEntry }, { origin: 'http://localhost:3000' });
    expect(answer.json).toMatchObject({ status: 403, code: 'COMMAND_REFUSED' });
  });
});

test('programs are refused where the configuration says so', async () => {
  const api = await bootToolApi({ toolApi: { allowCommands: false } });
  const send = (entry: object) =>
    ask(api.port, '/api/v1/tools/register', { method: 'POST', body: { id: 'x', ...entry } });
  expect((await send(echoEntry)).json).toMatchObject({ status: 403, code: 'COMMAND_REFUSED' });
  expect((await send(ended)).status).toBe(201);
  await api.stop();
});

describe('with authentication', () => {
  let api: BootedToolApi;
  const audited: AuditEntry[] = [];
  const auth: Auth = {
    required: true,
    authenticate: (headers, scope) => {
      const scopes = new Set(headers.authorization?.slice(7).split(',') as Scope[] | undefined);
      if (!scopes.has(scope) && !scopes.has('admin')) throw fault('AUTH_SCOPE', 'no', { kind: 'forbidden' });
      return { id: 'key:k', name: 'k', kind: 'key', scopes };
    },
    resourceMetadata: () => undefined,
    audit: (entry) => audited.push(entry),
  };
  beforeAll(async () => {
    api = await bootToolApi({ fakes: [fake(AUTH, auth)] });
  });
  afterAll(() => api.stop());
  const register = (scopes: string, entry: object) =>
    ask(api.port, '/api/v1/tools/register', {
      method: 'POST',
      headers: { authorization: `Bearer ${scopes}` },
      body: { id: 'x', ...entry },
    });

  test('addresses need tools:write, programs admin; both are in the audit log', async () => {
    expect((await register('tools:read', away)).status).toBe(403);
    expect((await register('tools:write', echoEntry)).json).toMatchObject({ status: 403, code: 'AUTH_SCOPE' });
    expect((await register('tools:write', away)).status).toBe(201);
    expect((await register('admin', echoEntry)).status).toBe(201);
    await until(() => audited.filter((entry) => entry.action === 'tool.register').length === 2);
    expect(audited.at(-1)).toMatchObject({ principal: 'key:k', target: 'x', outcome: 'ok' });
  });

  test.each([
    ['a manifest file', { ...away, manifest: '/no/such.json' }],
    ['an environment file', { command: 'x', envFile: '/no/such.env' }],
    ['an environment file of a replica', { command: 'x', replicas: [{ envFile: '/no/such.env' }] }],
    ['a socket', { url: 'unix:/no/such.sock' }],
    ['a socket by its type', { url: '/no/such.sock', type: 'unix' }],
    ['a socket by its transport', { url: '/no/such.sock', transport: 'unix' }],
    ['a socket of a replica', { url: 'http://127.0.0.1:9/mcp', replicas: [{ url: 'unix:/no/such.sock' }] }],
  ])('%s needs admin, and nothing is read before', async (_, entry) => {
    const answer = await register('tools:write', entry);
    expect(answer.json).toMatchObject({ status: 403, code: 'AUTH_SCOPE' });
    expect(JSON.stringify(answer.json)).not.toMatch(/such|ENOENT/);
    const others = await register('tools:write', { id: undefined, servers: { a: away, b: entry } });
    expect(others.json).toMatchObject({ status: 403, code: 'AUTH_SCOPE' });
  });

  test('a list of tools in the entry itself needs no more than tools:write', async () => {
    const manifest = [{ name: 't', inputSchema: { type: 'object' } }];
    expect((await register('tools:write', { ...away, manifest })).status).toBe(201);
  });
});
