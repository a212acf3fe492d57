import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { fault } from '#kernel';
import { type BootedHttp, bootHttp } from './boot-http.ts';
import { ask } from './http-client.ts';

let http: BootedHttp;
const about = { scope: null, summary: 's', tag: 't' } as const;

beforeAll(async () => {
  http = await bootHttp({ bodyLimitBytes: 2_048 });
  const { server } = http;
  server.route({
    ...about,
    method: 'POST',
    path: '/echo/:id',
    params: z.object({ id: z.string() }),
    query: z.object({ n: z.coerce.number().int().optional() }),
    body: z.object({ text: z.string(), any: z.unknown().optional() }),
    handle: ({ params, query, body }) => ({ status: 201, headers: { etag: '"1"' }, body: { params, query, body } }),
  });
  server.route({
    ...about,
    method: 'GET',
    path: '/files/*name',
    params: z.object({ name: z.string() }),
    handle: ({ params }) => ({ body: params }),
  });
  server.route({ ...about, method: 'DELETE', path: '/nothing', handle: () => ({}) });
  server.route({
    ...about,
    method: 'GET',
    path: '/fails/:how',
    params: z.object({ how: z.string() }),
    handle: ({ params: { how } }) => {
      if (how === 'bug') throw new Error('secret detail /etc/passwd');
      if (how === 'internal') throw fault('X_INTERNAL', 'secret detail');
      if (how === 'server') throw fault('S_DOWN', 'server "a" is down', { kind: 'unavailable', data: { server: 'a' } });
      if (how === 'own') throw fault('TEAPOT', 'short and stout', { kind: 'invalid', data: { status: 418 } });
      throw fault('X_GONE', 'no x', { kind: 'not_found', alternatives: ['y'], hint: 'ask for y', data: { seen: 1 } });
    },
  });
});
afterAll(() => http.kernel.stop());

test('a route gets parsed parameters, query and body, and answers with status, headers and JSON', async () => {
  const answer = await ask(http.port, '/echo/a%2Fb?n=3', { method: 'POST', body: { text: 'hé' } });
  expect(answer.status).toBe(201);
  expect(answer.headers.etag).toBe('"1"');
  expect(answer.json).toEqual({ params: { id: 'a/b' }, query: { n: 3 }, body: { text: 'hé' } });
});

test('a last * takes the rest of the path, and an empty answer is 204', async () => {
  expect((await ask(http.port, '/files/a/b%20c/d')).json).toEqual({ name: 'a/b c/d' });
  expect((await ask(http.port, '/nothing', { method: 'DELETE' })).status).toBe(204);
});

test('HEAD answers like GET, without a body', async () => {
  const answer = await ask(http.port, '/files/x', { method: 'HEAD' });
  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
});

test.each([
  ['gone', 404, 'X_GONE'],
  ['server', 502, 'S_DOWN'],
  ['own', 418, 'TEAPOT'],
])('a fault becomes a problem document: %s', async (how, status, code) => {
  const answer = await ask(http.port, `/fails/${how}`);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json).toMatchObject({ status, code, instance: `/fails/${how}`, title: expect.any(String) });
});

test('hint, alternatives and data reach the caller', async () => {
  const { json } = await ask(http.port, '/fails/gone');
  expect(json).toMatchObject({ detail: 'no x', alternatives: ['y'], hint: 'ask for y', seen: 1 });
});

test.each(['bug', 'internal'])(
  'a defect says nothing but its reference, under which the log has it: %s',
  async (how) => {
    const answer = await ask(http.port, `/fails/${how}`);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret|passwd|\.ts|at /);
    const line = http.kernel.lines.find((each) => each.reference === answer.json.reference);
    expect(line).toMatchObject({ level: 'error', plugin: 'http', reason: expect.stringContaining('secret detail') });
  },
);

test.each<[string, object, string, number, string]>([
  ['malformed JSON', { 'content-type': 'application/json' }, '{"text":', 400, 'HTTP_BODY_INVALID'],
  ['a body that does not fit', { 'content-type': 'application/json' }, '{"text":1}', 400, 'REQUEST_INVALID'],
  ['no body', {}, '', 400, 'REQUEST_INVALID'],
  ['an empty JSON body', { 'content-type': 'application/json' }, '', 400, 'REQUEST_INVALID'],
  ['another content type', { 'content-type': 'text/plain' }, 'x', 415, 'HTTP_BODY_TYPE'],
  ['no content type', { 'content-length': '1' }, 'x', 415, 'HTTP_BODY_TYPE'],
  ['a type that only begins like JSON', { 'content-type': 'application/jsonx' }, '{}', 415, 'HTTP_BODY_TYPE'],
  ['a large body', { 'content-type': 'application/json' }, `"${'x'.repeat(3_000)}"`, 413, 'HTTP_BODY_TOO_LARGE'],
  ['deep nesting', { 'content-type': 'application/json' }, '['.repeat(900), 400, 'HTTP_BODY_TOO_DEEP'],
  ['__proto__', { 'content-type': 'application/json' }, '{"text":"a","__proto__":{"x":1}}', 400, 'HTTP_BODY_INVALID'],
  [
    'constructor.prototype',
    { 'content-type': 'application/json' },
    '{"text":"a","any":{"constructor":{"prototype":{"x":1}}}}',
    400,
    'HTTP_BODY_INVALID',
  ],
])('refuses %s', async (_, headers, body, status, code) => {
  const answer = await ask(http.port, '/echo/x', { method: 'POST', headers: { ...headers }, body });
  expect(answer.json).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('brackets inside strings do not count as nesting, and vendor JSON types are JSON', async () => {
  const body = JSON.stringify({ text: '["{\\"'.repeat(200) });
  const headers = { 'content-type': 'application/vnd.x+json; charset=utf-8' };
  expect((await ask(http.port, '/echo/x', { method: 'POST', headers, body })).status).toBe(201);
});

test('a body of many megabytes still gets its 413', async () => {
  const headers = { 'content-type': 'application/json' };
  const answer = await ask(http.port, '/echo/x', { method: 'POST', headers, body: 'x'.repeat(8_000_000) });
  expect(answer.status).toBe(413);
});

test('an unknown path names the nearest ones; a wrong method says what is allowed', async () => {
  const unknown = await ask(http.port, '/helth');
  expect(unknown.json).toMatchObject({ status: 404, code: 'HTTP_PATH_UNKNOWN', alternatives: ['/health'] });
  const wrong = await ask(http.port, '/echo/x', { method: 'DELETE' });
  expect(wrong.status).toBe(405);
  expect(wrong.headers.allow).toBe('POST');
});

test.each(['/files/%zz', '/%', '/%c0%af'])('a broken percent-encoding is 400: %s', async (path) => {
  expect((await ask(http.port, path)).json).toMatchObject({ status: 400, code: 'HTTP_PATH_INVALID' });
});

test('routes come and go while serving; the undo of one registration leaves the others', async () => {
  const { server, port } = http;
  const word = (text: string, generation: number) => ({
    ...about,
    method: 'GET' as const,
    path: '/word',
    owner: { id: 'words', generation },
    handle: () => ({ body: { text } }),
  });
  const said = async () => (await ask(port, '/word')).json.text;
  expect((await ask(port, '/word')).status).toBe(404);
  const undoOne = server.route(word('one', 1));
  expect(await said()).toBe('one');
  const undoTwo = server.route(word('two', 2));
  expect(await said()).toBe('two');
  undoOne();
  undoOne();
  expect(await said()).toBe('two');
  const undoThree = server.route(word('three', 3));
  undoThree();
  expect(await said()).toBe('two');
  undoTwo();
  expect((await ask(port, '/word')).status).toBe(404);
});

test('a path is taken for another plugin, and for the same generation', () => {
  const route = (id: string, generation: number, path: string) =>
    http.server.route({ ...about, method: 'GET', path, owner: { id, generation }, handle: () => ({}) });
  const undo = route('a', 1, '/mine/:x');
  const twice = expect.objectContaining({ code: 'HTTP_ROUTE_TWICE', message: expect.stringContaining('plugin "a"') });
  expect(() => route('b', 1, '/mine/:y')).toThrow(twice);
  expect(() => route('a', 1, '/mine/:x')).toThrow(twice);
  undo();
  route('b', 1, '/mine/:y')();
});

test('the signal of a request ends when its client goes away', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const undo = http.server.route({
    ...about,
    method: 'GET',
    path: '/slow',
    handle: ({ signal }) =>
      new Promise((done) => {
        begin();
        signal.addEventListener('abort', () => {
          resolve(signal.reason);
          done({});
        });
      }),
  });
  const leaving = new AbortController();
  const asked = fetch(`http://127.0.0.1:${http.port}/slow`, { signal: leaving.signal }).catch(() => 'left');
  await begun;
  leaving.abort();
  expect(await asked).toBe('left');
  expect(await ended).toMatchObject({ code: 'CALL_CANCELLED' });
  undo();
});
