import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type BootedHttp, bootHttp } from './boot-http.ts';
import { ask } from './http-client.ts';

let http: BootedHttp;
beforeAll(async () => {
  http = await bootHttp();
});
afterAll(() => http.kernel.stop());

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;
}
const openapi = async () => (await ask(http.port, '/docs/openapi.json')).json as unknown as OpenApi;

test('the documents follow the routes that are there', async () => {
  expect((await openapi()).paths).not.toHaveProperty('/things/{id}');
  const undo = http.server.route({
    method: 'POST',
    path: '/things/:id',
    scope: 'tools:read',
    summary: 'Makes <b>things</b>.',
    tag: 'things',
    params: z.object({ id: z.string().describe('which') }),
    query: z.object({ loud: z.boolean().optional() }),
    body: z.object({ size: z.number().int() }),
    answers: { 200: { description: 'made' } },
    handle: () => ({}),
  });
  const hidden = http.server.route({
    method: 'GET',
    path: '/hidden',
    scope: null,
    summary: 's',
    tag: 'things',
    hidden: true,
    handle: () => ({}),
  });
  const document = await openapi();
  expect(document.openapi).toMatch(/^3\.1/);
  expect(document.paths['/things/{id}']?.post).toMatchObject({
    summary: 'Makes <b>things</b>.',
    'x-scope': 'tools:read',
    parameters: [
      { name: 'id', in: 'path', required: true },
      { name: 'loud', in: 'query' },
    ],
    requestBody: { content: { 'application/json': { schema: { properties: { size: { type: 'integer' } } } } } },
    responses: { 200: { description: 'made' } },
  });
  expect(document.paths).not.toHaveProperty('/hidden');
  const page = await ask(http.port, '/docs');
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  expect(page.text).toContain('<title>Datapresso API</title>');
  expect(page.text).toContain('/things/{id}');
  expect(page.text).not.toContain('<b>things');
  undo();
  hidden();
  expect((await openapi()).paths).not.toHaveProperty('/things/{id}');
});

test('the first page tells programs and people what there is', async () => {
  expect((await ask(http.port, '/')).json).toMatchObject({
    docs: '/docs',
    ready: '/ready',
    paths: expect.arrayContaining(['GET /health', 'GET /docs']),
  });
  const page = await ask(http.port, '/', { headers: { accept: 'text/html' } });
  expect(page.text).toContain('<a href="/docs">');
});
