import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { AUTH, type Auth, type Principal, type Scope } from '#plugins/auth/api';
import { fake } from '../../support/boot-kernel.ts';
import { type BootedHttp, bootHttp } from './boot-http.ts';
import { ask, exchangeBytes } from './http-client.ts';

/** Two keys: `reader` may read, `root` may do all. `late` answers later. */
const keyring = (required: boolean): Auth & { resources: string[] } => ({
  required,
  resources: [],
  authenticate(headers: IncomingHttpHeaders, scope: Scope, resource: string) {
    this.resources.push(resource);
    const key = headers.authorization?.replace(/^Bearer /, '');
    const challenge = `Bearer resource_metadata="x", scope="${scope}"`;
    if (key === undefined)
      throw fault('AUTH_MISSING', 'no credentials', { kind: 'unauthenticated', data: { challenge } });
    if (key === 'late-wrong')
      return Promise.reject(fault('AUTH_INVALID', 'bad', { kind: 'unauthenticated', data: { challenge } }));
    const principal: Principal = { id: `key:${key}`, name: key, kind: 'key', scopes: new Set<Scope>(['tools:read']) };
    if (scope === 'admin' && key !== 'root') throw fault('AUTH_SCOPE', 'not yours', { kind: 'forbidden' });
    return key === 'late' ? Promise.resolve(principal) : principal;
  },
  resourceMetadata: (resource) => (resource.endsWith('/mcp') ? { resource } : undefined),
  audit: () => {},
});

describe('host and origin', () => {
  let http: BootedHttp;
  beforeAll(async () => {
    http = await bootHttp({
      allowedHosts: ['tools.example', '*.lan'],
      allowedOrigins: ['https://app.example'],
      publicUrl: 'https://public.example/tools/',
    });
  });
  afterAll(() => http.kernel.stop());

  test.each([
    ['localhost', 200],
    ['localhost:1234', 200],
    ['LOCALHOST.', 200],
    ['127.0.0.1', 200],
    ['127.9.9.9:80', 200],
    ['[::1]:80', 200],
    ['sub.localhost', 200],
    ['tools.example', 200],
    ['Tools.Example:99', 200],
    ['a.b.lan', 200],
    ['public.example', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['evillan', 403],
    ['lan', 403],
    ['user@localhost', 400],
    ['local host', 400],
    ['localhost:99999999', 400],
  ])('Host %j is answered with %i', async (host, status) => {
    const answer = await ask(http.port, '/ready', { headers: { host } });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json.code).toBe('HTTP_HOST_REFUSED');
  });

  test('a request target that names another host is refused', async () => {
    const text = await exchangeBytes(
      http.port,
      'GET http://evil.example/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each([
    ['http://localhost:3000', 200],
    ['http://127.0.0.1', 200],
    ['https://[::1]:5', 200],
    ['https://app.example', 200],
    ['null', 403],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['https://app.example.evil.example', 403],
    ['file://', 403],
    ['garbage', 403],
  ])('Origin %j is answered with %i', async (origin, status) => {
    const answer = await ask(http.port, '/ready', { headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBe(status === 200 ? origin : undefined);
  });

  test('a page of this server itself may call it', async () => {
    const headers = { host: 'tools.example:8090', origin: 'http://tools.example:8090' };
    expect((await ask(http.port, '/ready', { headers })).status).toBe(200);
    expect((await ask(http.port, '/ready', { headers: { ...headers, host: 'localhost' } })).status).toBe(403);
  });

  test('a preflight is answered for allowed origins', async () => {
    const headers = {
      origin: 'http://localhost:6274',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'x-a, authorization',
    };
    const answer = await ask(http.port, '/ready', { method: 'OPTIONS', headers });
    expect(answer).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'http://localhost:6274',
        'access-control-allow-headers': 'x-a, authorization',
        'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      },
    });
    expect((await ask(http.port, '/no', { method: 'OPTIONS', headers })).status).toBe(404);
  });
});

describe('credentials', () => {
  let http: BootedHttp;
  const auth = keyring(true);
  beforeAll(async () => {
    http = await bootHttp({}, [fake(AUTH, auth)]);
    const { server } = http;
    server.route({
      method: 'GET',
      path: '/who',
      scope: 'tools:read',
      summary: 's',
      tag: 't',
      handle: ({ principal }) => ({ body: { name: principal.name } }),
    });
    server.raw('/mcp', { scope: 'tools:read' }, (_, response, principal) => {
      response.end(principal.name);
    });
    server.raw('/other/*', { scope: 'tools:read', resource: 'urn:x' }, (_, response) => {
      response.end();
    });
  });
  afterAll(() => http.kernel.stop());
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

  test.each(['/who', '/mcp'])('missing and wrong credentials are 401 with a challenge: %s', async (path) => {
    for (const sent of [{}, as('late-wrong')]) {
      const answer = await ask(http.port, path, sent);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer resource_metadata="x", scope="tools:read"');
      expect(answer.json).not.toHaveProperty('challenge');
    }
  });

  test.each(['reader', 'late'])('a caller is known at once or later: %s', async (key) => {
    expect((await ask(http.port, '/who', as(key))).json).toEqual({ name: key });
    expect((await ask(http.port, '/mcp', as(key))).text).toBe(key);
  });

  test('tokens must name the path of a raw handler, its own resource, or the server for routes', async () => {
    auth.resources.length = 0;
    await ask(http.port, '/mcp', as('reader'));
    await ask(http.port, '/other/x', as('reader'));
    await ask(http.port, '/who', as('reader'));
    const base = `http://127.0.0.1:${http.port}`;
    expect(auth.resources).toEqual([`${base}/mcp`, 'urn:x', base]);
  });

  test('the running configuration is for admins, details of health for known callers', async () => {
    expect((await ask(http.port, '/kernel/status', as('reader'))).status).toBe(403);
    const status = await ask(http.port, '/kernel/status', as('root'));
    expect(status.json).toMatchObject({ state: 'running', plugins: expect.any(Array) });
    const health = async (sent: object) => (await ask(http.port, '/health', sent)).json.plugins;
    expect(await health({})).toMatchObject({ http: { ok: true } });
    expect(await health({})).not.toHaveProperty('http.detail');
    expect(await health(as('reader'))).toHaveProperty('http.detail');
  });

  test('OAuth metadata is served for the resources that auth knows', async () => {
    const known = await ask(http.port, '/.well-known/oauth-protected-resource/mcp', {
      headers: { host: 'localhost:7' },
    });
    expect(known.json).toEqual({ resource: 'http://localhost:7/mcp' });
    const unknown = await ask(http.port, '/.well-known/oauth-protected-resource');
    expect(unknown.json).toMatchObject({ status: 404, code: 'OAUTH_ABSENT' });
  });
});

describe('listening beyond this machine', () => {
  test.each([
    ['without auth', []],
    ['with auth that asks nobody', [fake(AUTH, keyring(false))]],
  ])('is refused %s', async (_, fakes) => {
    await expect(bootHttp({ host: '0.0.0.0' }, fakes)).rejects.toThrow(/can be reached from other machines/);
  });

  test('works with auth, and closes when auth stops asking', async () => {
    const auth = keyring(true) as { -readonly [K in keyof Auth]: Auth[K] };
    const http = await bootHttp({ host: '0.0.0.0' }, [fake(AUTH, auth)]);
    try {
      const root = { headers: { authorization: 'Bearer root' } };
      expect((await ask(http.port, '/kernel/status', root)).status).toBe(200);
      auth.required = false;
      expect((await ask(http.port, '/kernel/status', root)).json.code).toBe('HTTP_OPEN_WITHOUT_AUTH');
    } finally {
      await http.kernel.stop();
    }
  });
});
