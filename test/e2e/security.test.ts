import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, exchangeBytes } from '../plugins/http/http-client.ts';
import { failToStart, fixture, type ServerProcess, startServer } from './server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({ servers: { echo: fixture('echo') } });
});
afterAll(() => server.stop());

const call = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const mcp = { accept: 'application/json, text/event-stream' };
const doors: [string, (headers: Record<string, string>) => Promise<{ status: number; text: string }>][] = [
  ['REST', (headers) => ask(server.port, '/api/v1/tools/available', { headers })],
  [
    'REST with a body',
    (headers) =>
      ask(server.port, '/api/v1/tools/execute/echo/add', {
        method: 'POST',
        headers,
        body: { parameters: { a: 1, b: 2 } },
      }),
  ],
  ['health', (headers) => ask(server.port, '/health', { headers })],
  ['status', (headers) => ask(server.port, '/kernel/status', { headers })],
  ['MCP', (headers) => ask(server.port, '/mcp', { method: 'POST', headers: { ...mcp, ...headers }, body: call })],
  [
    'MCP of one server',
    (headers) => ask(server.port, '/mcp/servers/echo', { method: 'POST', headers: { ...mcp, ...headers }, body: call }),
  ],
  ['MCP stream', (headers) => ask(server.port, '/mcp', { headers: { accept: 'text/event-stream', ...headers } })],
  ['event socket', (headers) => handshake('/api/v1/events/tools', headers)],
];

function handshake(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.close();
      resolve({ status: 101, text: '' });
    });
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    socket.once('error', reject);
  });
}

describe('DNS rebinding', () => {
  test.each(doors)('%s answers no foreign Host and no foreign Origin', async (_, knock) => {
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1.nip.example', 'localhost.evil']) {
      const { status, text } = await knock({ host });
      expect([host, status]).toEqual([host, 403]);
      expect(text).toContain('HTTP_HOST_REFUSED');
    }
    for (const origin of ['http://evil.example', 'https://localhost.evil.example', 'null', 'file://']) {
      const { status, text } = await knock({ origin });
      expect([origin, status]).toEqual([origin, 403]);
      expect(text).toContain('HTTP_ORIGIN_REFUSED');
    }
    const fine = await knock({ host: `localhost:${server.port}`, origin: 'http://localhost:6274' });
    expect([200, 101, 400, 405]).toContain(fine.status);
  });

  test('no preflight of a foreign page is allowed', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await ask(server.port, '/mcp', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('what a page can send without a preflight runs nothing', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const headers = { 'content-type': type };
      const body = '{"parameters":{"a":1,"b":2}}';
      const run = await ask(server.port, '/api/v1/tools/execute/echo/add', { method: 'POST', headers, body });
      expect(run.status).toBe(415);
      const rpc = await ask(server.port, '/mcp', { method: 'POST', headers, body: JSON.stringify(call) });
      expect(rpc.status).toBe(415);
    }
  });
});

describe('sizes', () => {
  const large = 'x'.repeat(5_000_000);
  test.each([
    ['REST', '/api/v1/tools/execute/echo/echo', JSON.stringify({ parameters: { text: large } })],
    ['MCP', '/mcp', JSON.stringify({ ...call, params: { x: large } })],
    ['MCP of one server', '/mcp/servers/echo', JSON.stringify({ ...call, params: { x: large } })],
  ])('a body of 5 MB is 413: %s', async (_, path, body) => {
    const headers = { 'content-type': 'application/json', ...mcp };
    const answer = await ask(server.port, path, { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
  });

  test.each([
    ['one large header', `X-Large: ${'x'.repeat(20_000)}`],
    ['many headers', Array.from({ length: 3_000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')],
  ])('%s is 431', async (_, more) => {
    for (const path of ['/ready', '/mcp', '/api/v1/tools/available']) {
      const text = await exchangeBytes(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 431 /);
    }
  });

  test('a long URL is refused', async () => {
    for (const path of [
      `/${'a'.repeat(20_000)}`,
      `/api/v1/tools/${'a'.repeat(9_000)}/detail`,
      `/mcp/servers/${'a'.repeat(9_000)}`,
      `/api/v1/tools/available?x=${'a'.repeat(20_000)}`,
    ]) {
      const text = await exchangeBytes(
        server.port,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(text.length).toBeLessThan(4_000);
    }
  });

  test('a message of 5 MB closes the event socket with 1009', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/events/tools`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'ping', pad: large }));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });
});

test.each(['0.0.0.0', '::'])('it does not start on %s without authentication, and says what to do', async (HOST) => {
  const { code, output } = await failToStart({ env: { HOST } });
  expect(code).toBeGreaterThan(0);
  expect(output).toContain('HTTP_OPEN_WITHOUT_AUTH');
  expect(output).toContain(HOST);
  expect(output).toMatch(/configure keys or an issuer in auth, or listen on 127\.0\.0\.1/);
  expect(output).not.toMatch(/\n\s+at .*\.ts:\d+/);
});

test('with a key it does, and everybody needs it', async () => {
  const key = 'a-key-of-enough-characters';
  const open = await startServer({ env: { HOST: '0.0.0.0', API_KEY: key } });
  try {
    for (const path of ['/api/v1/tools/available', '/kernel/status', '/metrics', '/mcp', '/api/v1/events/tools'])
      expect([path, (await ask(open.port, path, { headers: upgradeTo(path) })).status]).toEqual([path, 401]);
    const headers = { authorization: `Bearer ${key}` };
    expect((await ask(open.port, '/api/v1/tools/available', { headers })).status).toBe(200);
    // Strangers learn that it lives, not what it runs.
    expect((await ask(open.port, '/health')).text).not.toContain('detail');
  } finally {
    await open.stop();
  }
});

const upgradeTo = (path: string): Record<string, string> =>
  path.includes('events')
    ? {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': `${'A'.repeat(22)}==`,
      }
    : {};
