import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { type BootedHttp, bootHttp } from './boot-http.ts';
import { ask, exchangeBytes } from './http-client.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake = (path: string, more = `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n`) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`;

describe('raw handlers and upgrades', () => {
  let http: BootedHttp;
  beforeAll(async () => {
    http = await bootHttp({ maxHeaderBytes: 2_048, headersTimeoutMs: 400, requestTimeoutMs: 800 });
    const { server } = http;
    server.raw('/raw', { scope: null, methods: ['POST'] }, (request, response) => {
      request.on('data', () => {}).on('end', () => response.end(`${request.method} ${request.url}`));
    });
    server.raw('/tree/*', { scope: null }, (request, response) => {
      if (request.url === '/tree/throws') throw fault('RAW_BAD', 'no', { kind: 'conflict' });
      response.end(request.url);
    });
    server.raw('/tree/deep/*', { scope: null }, async (request, response) => {
      if (request.url === '/tree/deep/late') throw new Error('hidden');
      if (request.url === '/tree/deep/half') {
        response.write('half');
        throw new Error('hidden');
      }
      response.end('deep');
    });
    server.upgrade('/socket', { scope: null }, (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    });
  });
  afterAll(() => http.kernel.stop());

  test('exact and longest prefix serve, before any framework', async () => {
    expect((await ask(http.port, '/raw?q=1', { method: 'POST', body: 'anything' })).text).toBe('POST /raw?q=1');
    expect((await ask(http.port, '/tree/a/b')).text).toBe('/tree/a/b');
    expect((await ask(http.port, '/tree/deep/x')).text).toBe('deep');
    expect((await ask(http.port, '/tree')).status).toBe(404);
  });

  test('a wrong method is 405, what handlers throw is a problem, an answer that broke off is cut', async () => {
    const wrong = await ask(http.port, '/raw');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST']);
    expect((await ask(http.port, '/tree/throws')).json).toMatchObject({ status: 409, code: 'RAW_BAD' });
    const late = await ask(http.port, '/tree/deep/late');
    expect(late.status).toBe(500);
    expect(late.text).not.toContain('hidden');
    await expect(ask(http.port, '/tree/deep/half')).rejects.toThrow();
  });

  test('an upgrade reaches its handler; its path without one is 426', async () => {
    expect(await exchangeBytes(http.port, handshake('/socket'), 200)).toMatch(/^HTTP\/1\.1 101 [\s\S]*hello$/);
    const plain = await ask(http.port, '/socket');
    expect([plain.status, plain.headers.upgrade]).toEqual([426, 'websocket']);
  });

  test.each([
    ['an unknown path', handshake('/sockt'), 404, 'HTTP_PATH_UNKNOWN'],
    ['no key', handshake('/socket', 'Sec-WebSocket-Version: 13\r\n'), 400, 'HTTP_HANDSHAKE_INVALID'],
    ['a short key', handshake('/socket', 'Sec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n'), 400, 'HANDSHAKE'],
    ['an old version', handshake('/socket', `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 8\r\n`), 400, 'HAND'],
    ['a foreign host', handshake('/socket').replace('localhost', 'evil.example'), 403, 'HTTP_HOST_REFUSED'],
    ['a foreign origin', handshake('/socket', 'Origin: null\r\n'), 403, 'HTTP_ORIGIN_REFUSED'],
  ])('an upgrade with %s is refused', async (_, bytes, status, code) => {
    const text = await exchangeBytes(http.port, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*${code}`));
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a large head', `GET /ready HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(4_000)}\r\n\r\n`, 431],
    ['no Host', 'GET /ready HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an empty Host', 'GET /ready HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n', 400],
    ['two lengths', 'POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'length and chunks',
      'POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a head that never ends', 'GET /ready HTTP/1.1\r\nHost: localhost\r\n', 408],
  ])('bytes that are no request are answered and closed: %s', async (_, bytes, status) => {
    expect(await exchangeBytes(http.port, bytes, 5_000)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await ask(http.port, '/ready')).status).toBe(200);
  });
});

describe('stopping', () => {
  test('lets requests in flight end, refuses new ones, closes sockets', async () => {
    const http = await bootHttp();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    http.server.route({
      method: 'GET',
      path: '/slow',
      scope: null,
      summary: 's',
      tag: 't',
      handle: async () => {
        begin();
        await sleep(300);
        return { body: 'done' };
      },
    });
    let upgraded = false;
    http.server.upgrade('/socket', { scope: null }, (_request, socket) => {
      socket.on('close', () => {
        upgraded = true;
      });
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const webSocket = exchangeBytes(http.port, handshake('/socket'), 5_000);
    const idle = connect(http.port, '127.0.0.1');
    const idleClosed = once(idle, 'close');
    const busy = connect(http.port, '127.0.0.1');
    let text = '';
    busy.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const busyClosed = once(busy, 'close');
    busy.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await begun;
    await sleep(50);
    const stopped = http.kernel.stop();
    await sleep(50);
    busy.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect(ask(http.port, '/ready')).rejects.toThrow(/ECONNREFUSED/);
    await Promise.all([stopped, busyClosed, idleClosed, webSocket]);
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*done/);
    expect(text).toMatch(/HTTP\/1\.1 503 [\s\S]*retry-after: 1/);
    expect(upgraded).toBe(true);
  });

  test('cuts what does not end within the limit, after telling it', async () => {
    const http = await bootHttp({ drainMs: 100 });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: told, resolve: tell } = Promise.withResolvers<unknown>();
    http.server.route({
      method: 'GET',
      path: '/endless',
      scope: null,
      summary: 's',
      tag: 't',
      handle: ({ signal }) => {
        signal.addEventListener('abort', () => tell(signal.reason));
        begin();
        return new Promise(() => {});
      },
    });
    const asked = ask(http.port, '/endless').catch((error: Error) => error);
    await begun;
    const before = performance.now();
    await http.kernel.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await told).toMatchObject({ code: 'CALL_CANCELLED' });
    expect(await asked).toBeInstanceOf(Error);
  });
});

describe('starting', () => {
  test('a taken port is named, with the way out', async () => {
    const holder = createServer();
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await expect(bootHttp({ port })).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1 is already in use`));
    holder.close();
    const http = await bootHttp({ port });
    expect(http.port).toBe(port);
    await http.kernel.stop();
  });

  test('an address of another machine, and TLS files that are not there, are told', async () => {
    await expect(bootHttp({ host: '127.0.0.1', tls: { certFile: 'no.pem', keyFile: 'no.pem' } })).rejects.toThrow(
      /TLS files/,
    );
    await expect(bootHttp({ host: 'nowhere.invalid' })).rejects.toThrow();
  });
});
