import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { classify } from '../../../plugins/mcp-endpoint/classify.ts';
import { asMessage } from '../../../plugins/mcp-endpoint/wire.ts';
import { bootEndpoint, ECHO, until } from './endpoint-under-test.ts';

const READER = 'reader-key-0123456789';
const CALLER = 'caller-key-0123456789';
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

let house: Awaited<ReturnType<typeof bootEndpoint>>;
let url: string;
beforeAll(async () => {
  const auth = {
    keys: [
      { name: 'reader', key: READER, scopes: ['tools:read'] },
      { name: 'caller', key: CALLER, scopes: ['tools:read', 'tools:call'] },
    ],
  };
  house = await bootEndpoint([ECHO], { bodyLimitBytes: 20_000 }, { http: { port: 0 }, auth });
  url = house.kernel.get(HTTP_SERVER).address.url;
});
afterAll(() => house.close());

interface Options {
  readonly path?: string;
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}
const BASE = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const send = (body: unknown, { path = '/mcp', method = 'POST', key = CALLER, headers = {} }: Options = {}) =>
  fetch(url + path, {
    method,
    headers: { ...BASE, authorization: `Bearer ${key}`, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
// biome-ignore lint/suspicious/noExplicitAny: what arrives is what the tests look at
const json = async (response: Response | Promise<Response>): Promise<any> => (await response).json();
const request = (method: string, params: object = {}, id: number | string = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const CLIENT = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '0' } };

async function session(options: Options = {}): Promise<Record<string, string>> {
  const response = await send(request('initialize', CLIENT), options);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id')!, 'mcp-protocol-version': '2025-11-25' };
}
const modern = (method: string, params: object = {}) =>
  request(method, { ...params, _meta: { [VERSION]: '2026-07-28', [CAPABILITIES]: {} } });
const modernHeaders = (method: string, name?: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

describe('legacy sessions', () => {
  it('answers with JSON, ends with DELETE, and is unknown after that', async () => {
    const headers = await session();
    const called = await send(request('tools/call', { name: 'echo__add', arguments: { a: 1, b: 2 } }), { headers });
    expect(called.headers.get('content-type')).toBe('application/json');
    expect((await json(called)).result.content[0].text).toBe('3');
    expect((await send(undefined, { method: 'DELETE', headers })).status).toBe(200);
    expect((await send(request('ping'), { headers })).status).toBe(404);
  });

  it('belongs to its caller and its path', async () => {
    const headers = await session();
    expect((await send(request('ping'), { headers, key: READER })).status).toBe(404);
    expect((await send(request('ping'), { headers, path: '/mcp/servers/echo' })).status).toBe(404);
    expect((await send(request('ping'), { headers })).status).toBe(200);
  });

  it('needs tools:call for a call', async () => {
    const headers = await session({ key: READER });
    expect((await send(request('tools/list'), { headers, key: READER })).status).toBe(200);
    const refused = await send(request('tools/call', { name: 'echo__add' }), { headers, key: READER });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  it('hears changes on its stream, also those from before it opened, and has one stream', async () => {
    const headers = await session();
    house.registry.register({
      ...ECHO,
      id: 'news',
      start: 'lazy',
      manifest: [{ name: 'x', inputSchema: { type: 'object' } }],
    })();
    await new Promise((wake) => setTimeout(wake, 50));
    const stream = await send(undefined, { method: 'GET', headers });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect((await send(undefined, { method: 'GET', headers })).status).toBe(409);
    const reader = stream.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain('notifications/tools/list_changed');
    await reader.cancel();
  });

  it('streams what comes before the answer', async () => {
    const headers = await session();
    const params = { name: 'echo__progress', arguments: { steps: 2 }, _meta: { progressToken: 1 } };
    const text = await (await send(request('tools/call', params, 'p'), { headers })).text();
    const messages = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)));
    expect(messages.map(({ method, id }) => method ?? id)).toEqual([
      'notifications/progress',
      'notifications/progress',
      'p',
    ]);
  });

  it('takes a batch', async () => {
    const headers = await session();
    const batch = [
      request('ping', {}, 1),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request('tools/list', {}, 2),
    ];
    const answers = await json(send(batch, { headers }));
    expect(answers.map(({ id }: { id: number }) => id).sort()).toEqual([1, 2]);
    expect((await send([request('initialize', CLIENT)], { headers })).status).toBe(400);
    expect((await send([], { headers })).status).toBe(400);
  });
});

describe('what does not fit', () => {
  it.each([
    ['no JSON', '{', {}, 400],
    ['no message', { hello: 1 }, {}, 400],
    ['no session', request('ping'), {}, 400],
    ['an unknown session', request('ping'), { headers: { 'mcp-session-id': 'x' } }, 404],
    [
      'an unknown version',
      request('ping'),
      { headers: { 'mcp-session-id': 'x', 'mcp-protocol-version': '2020-01-01' } },
      400,
    ],
    ['another content type', request('ping'), { headers: { 'content-type': 'text/plain' } }, 415],
    ['too large a body', request('ping', { x: 'x'.repeat(30_000) }), {}, 413],
    ['a stream without its accept header', undefined, { method: 'GET', headers: { accept: 'application/json' } }, 406],
    ['another method', undefined, { method: 'PUT' }, 405],
    ['an unknown path', request('ping'), { path: '/mcp/nowhere' }, 404],
    ['an unknown server', request('ping'), { path: '/mcp/servers/ecco' }, 404],
    ['no key', request('ping'), { headers: { authorization: '' } }, 401],
  ] as [string, unknown, Options, number][])('%s: its status, and no stack', async (_what, body, options, status) => {
    const response = await send(body, options);
    const text = await response.text();
    expect(response.status, text).toBe(status);
    expect(text).not.toMatch(/\.ts:\d+|at Object\./);
  });

  it('names the nearest server', async () => {
    expect((await json(send(request('ping'), { path: '/mcp/servers/eco' }))).error.data.alternatives).toContain('echo');
  });
});

describe('the modern era', () => {
  it('serves a call whose headers agree with its body', async () => {
    const body = modern('tools/call', { name: 'echo__add', arguments: { a: 1, b: 2 } });
    const response = await send(body, { headers: modernHeaders('tools/call', 'echo__add') });
    expect(response.status).toBe(200);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect((await json(response)).result).toMatchObject({ resultType: 'complete', content: [{ text: '3' }] });
  });

  it.each([
    ['another method in the header', modernHeaders('tools/list'), -32020],
    ['no method header', { 'mcp-protocol-version': '2026-07-28' }, -32020],
    ['no version header', { 'mcp-method': 'tools/call', 'mcp-name': 'echo__add' }, -32020],
    [
      'another version in the header',
      { ...modernHeaders('tools/call', 'echo__add'), 'mcp-protocol-version': '2027-01-01' },
      -32020,
    ],
    ['another name in the header', modernHeaders('tools/call', 'echo__sub'), -32020],
    ['a broken name header', modernHeaders('tools/call', '=?base64?%?='), -32020],
  ])('refuses %s', async (_what, headers, code) => {
    const response = await send(modern('tools/call', { name: 'echo__add', arguments: {} }), {
      headers: headers as Record<string, string>,
    });
    expect(response.status).toBe(400);
    expect((await json(response)).error.code).toBe(code);
  });

  it('answers an unknown method with 404, and an unknown revision with those that it knows', async () => {
    const unknown = await send(modern('tools/none'), { headers: modernHeaders('tools/none') });
    expect([unknown.status, (await json(unknown)).error.code]).toEqual([404, -32601]);
    const body = request('tools/list', { _meta: { [VERSION]: '2030-01-01', [CAPABILITIES]: {} } });
    const newer = await send(body, {
      headers: { ...modernHeaders('tools/list'), 'mcp-protocol-version': '2030-01-01' },
    });
    expect(await newer.json()).toMatchObject({ error: { code: -32022, data: { supported: ['2026-07-28'] } } });
  });

  it('cancels a call whose client goes away', async () => {
    const gone = new AbortController();
    const started = Date.now();
    const body = JSON.stringify(modern('tools/call', { name: 'echo__sleep', arguments: { ms: 9_000 } }));
    const headers = { ...BASE, ...modernHeaders('tools/call', 'echo__sleep'), authorization: `Bearer ${CALLER}` };
    const call = fetch(`${url}/mcp`, { method: 'POST', body, headers, signal: gone.signal }).catch(() => 'aborted');
    await new Promise((wake) => setTimeout(wake, 150));
    gone.abort();
    expect(await call).toBe('aborted');
    await until(() => house.registry.statistics('echo/sleep')?.cancelled === 1, 3_000);
    expect(Date.now() - started).toBeLessThan(4_000);
  });
});

it('classifies whatever comes, and never throws', () => {
  const json = fc.jsonValue();
  const params = fc.oneof(
    json,
    fc.record({ _meta: fc.oneof(json, fc.dictionary(fc.constantFrom(VERSION, CAPABILITIES, 'x'), json)) }),
  );
  const message = fc.record(
    { jsonrpc: fc.constant('2.0'), id: json, method: fc.oneof(fc.string(), fc.constant('initialize')), params },
    { requiredKeys: ['jsonrpc'] },
  );
  const headers = fc.dictionary(
    fc.constantFrom('mcp-protocol-version', 'mcp-method', 'mcp-name'),
    fc.oneof(fc.string(), fc.constant('2026-07-28')),
  );
  fc.assert(
    fc.property(fc.oneof(json, message), headers, (value, sent) => {
      const read = asMessage(value);
      if (read !== undefined) expect(['legacy', 'modern', 'refused']).toContain(classify(read, sent).era);
    }),
    { numRuns: 500 },
  );
});
