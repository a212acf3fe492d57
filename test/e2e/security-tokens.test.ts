import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../plugins/http/http-client.ts';
import { SocketClient } from '../plugins/tool-api/event-client.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../support/oidc-provider.ts';
import { fixture, type ServerProcess, startServer } from './server-process.ts';

let issuer: AuthorizationServer;
let server: ServerProcess;
beforeAll(async () => {
  issuer = await startAuthorizationServer();
  server = await startServer({
    servers: { echo: fixture('echo') },
    plugins: { auth: { oauth: { issuer: issuer.issuer, clockToleranceSeconds: 0 } } },
  });
});
afterAll(async () => {
  await server?.stop();
  await issuer?.stop();
});

interface Door {
  readonly name: string;
  /** The resource that a token must name. */
  readonly resource: () => string;
  readonly metadata: string;
  /** What takes `tools:read`, and what takes more. */
  read(headers: Record<string, string>): ReturnType<typeof ask>;
  more(headers: Record<string, string>): ReturnType<typeof ask>;
  readonly moreScope: string;
}
const accept = 'application/json, text/event-stream';
const rpc = (path: string, headers: Record<string, string>, method: string, params: object) =>
  ask(server.port, path, {
    method: 'POST',
    headers: { accept, ...headers },
    body: { jsonrpc: '2.0', id: 1, method, params },
  });
const hello = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};
const calling = { name: 'echo__add', arguments: { a: 1, b: 2 } };

const doors: Door[] = [
  {
    name: 'REST',
    resource: () => server.url,
    metadata: '/.well-known/oauth-protected-resource',
    read: (headers) => ask(server.port, '/api/v1/tools/available', { headers }),
    more: (headers) =>
      ask(server.port, '/api/v1/tools/execute/echo/add', {
        method: 'POST',
        headers,
        body: { parameters: { a: 1, b: 2 } },
      }),
    moreScope: 'tools:call',
  },
  {
    name: 'MCP',
    resource: () => `${server.url}/mcp`,
    metadata: '/.well-known/oauth-protected-resource/mcp',
    read: (headers) => rpc('/mcp', headers, 'initialize', hello),
    // The modern era: a call needs no session.
    more: (headers) =>
      rpc(
        '/mcp',
        { ...headers, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo__add' },
        'tools/call',
        {
          ...calling,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
            'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          },
        },
      ),
    moreScope: 'tools:call',
  },
];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe.each(doors)('$name behind an authorization server', (door) => {
  const challenge = (answer: Awaited<ReturnType<typeof ask>>) => String(answer.headers['www-authenticate']);

  test('no token: 401, and where to get one', async () => {
    const answer = await door.read({});
    expect([answer.status, answer.json.code]).toEqual([401, 'AUTH_MISSING']);
    expect(challenge(answer)).toMatch(/^Bearer /);
    expect(challenge(answer)).toContain(`resource_metadata="${server.url}${door.metadata}"`);
    const metadata = await ask(server.port, door.metadata);
    expect(metadata.json).toMatchObject({
      resource: door.resource(),
      authorization_servers: [issuer.issuer],
      scopes_supported: expect.arrayContaining(['tools:read', 'tools:call']),
    });
  });

  test('an expired token: 401 invalid_token', async () => {
    const token = await issuer.token({ resource: door.resource(), ttlSeconds: 1 });
    await sleep(2_100);
    const answer = await door.read(bearer(token));
    expect([answer.status, answer.json.code]).toEqual([401, 'AUTH_EXPIRED']);
    expect(challenge(answer)).toContain('error="invalid_token"');
  });

  test('a token that was good is refused once it has expired, though it was seen before', async () => {
    const token = await issuer.token({ resource: door.resource(), ttlSeconds: 2 });
    expect((await door.read(bearer(token))).status).toBe(200);
    await sleep(3_000);
    expect((await door.read(bearer(token))).json.code).toBe('AUTH_EXPIRED');
  });

  test('a token for another resource: 401', async () => {
    for (const resource of ['https://elsewhere.example', `${server.url}/mcp/servers/echo`, 'http://127.0.0.1:1/mcp']) {
      const answer = await door.read(bearer(await issuer.token({ resource })));
      expect([resource, answer.status, answer.json.code]).toEqual([resource, 401, 'AUTH_AUDIENCE']);
      expect(challenge(answer)).toContain('error="invalid_token"');
    }
  });

  test('a forged token, one without signature, and no token at all: 401', async () => {
    const good = await issuer.token({ resource: door.resource() });
    const [head, body, signature] = good.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), scope: 'admin' };
    const raised = Buffer.from(JSON.stringify(claims)).toString('base64url');
    for (const token of [`${head}.${raised}.${signature}`, `${none}.${raised}.`, 'x.y.z', 'nonsense', '']) {
      const answer = await door.read(bearer(token));
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain('admin');
    }
  });

  test('too little scope: 403 insufficient_scope, which names the scope', async () => {
    const token = await issuer.token({ resource: door.resource(), scope: 'tools:read' });
    expect((await door.read(bearer(token))).status).toBe(200);
    const answer = await door.more(bearer(token));
    expect(answer.status).toBe(403);
    expect(challenge(answer)).toContain('error="insufficient_scope"');
    expect(challenge(answer)).toContain(`scope="${door.moreScope}"`);
  });

  test('the right token serves, and is found in no log line', async () => {
    const token = await issuer.token({ resource: door.resource() });
    expect((await door.read(bearer(token))).status).toBe(200);
    const called = await door.more(bearer(token));
    expect(called.status).toBe(200);
    expect(called.text).toContain('3');
    expect(server.kernel.output.stderr).not.toContain(token.split('.')[2]);
  });
});

test('the event socket asks for a token too, and for scopes message by message', async () => {
  await expect(SocketClient.open(server.port)).rejects.toThrow(/401/);
  const reader = await SocketClient.open(
    server.port,
    bearer(await issuer.token({ resource: server.url, scope: 'tools:read' })),
  );
  const call = { type: 'execute_tool', tool_id: 'echo/add', parameters: { a: 1, b: 2 } };
  expect(await reader.ask(call)).toMatchObject({ success: false, error: { code: 'AUTH_SCOPE' } });
  await reader.close();
});

test('the configuration is for admins', async () => {
  const as = async (scope: string) =>
    (await ask(server.port, '/kernel/status', { headers: bearer(await issuer.token({ resource: server.url, scope })) }))
      .status;
  expect(await as('tools:read tools:call tools:write')).toBe(403);
  expect(await as('admin')).toBe(200);
});
