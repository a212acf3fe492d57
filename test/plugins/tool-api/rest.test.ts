import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi, echoEntry, until } from './boot-tool-api.ts';

let api: BootedToolApi;
const get = (path: string, headers = {}) => ask(api.port, path, { headers });
const post = (path: string, body: unknown) => ask(api.port, path, { method: 'POST', body });

beforeAll(async () => {
  api = await bootToolApi({
    servers: {
      echo: { ...echoEntry, title: 'Echo', toolkit: 'talk', capabilities: ['talking'] },
      'one-tool': { ...echoEntry, mainTool: 'add' },
    },
  });
});
afterAll(() => api.stop());

describe('GET /api/v1/tools/available', () => {
  test('lists the records of the tools with the text for a prompt', async () => {
    const { json } = await get('/api/v1/tools/available');
    const tools = json.tools as Record<string, unknown>[];
    expect(json).toMatchObject({ total: tools.length, version: api.registry.snapshot.version });
    expect(json.formatted_tools_description).toContain('echo/add');
    expect(tools.find((tool) => tool.tool_id === 'echo/add')).toMatchObject({
      name: 'add',
      description: 'a + b',
      capabilities: ['talking'],
      parameters: { type: 'object', required: ['a', 'b'] },
      examples: [],
    });
  });

  test.each([
    ['llm', 'text/plain', (text: string) => text.includes('### echo/add')],
    ['openai', 'application/json', (text: string) => JSON.parse(text)[0].type === 'function'],
    ['anthropic', 'application/json', (text: string) => 'input_schema' in JSON.parse(text)[0]],
  ])('speaks %s', async (format, type, fits) => {
    const answer = await get(`/api/v1/tools/available?format=${format}`);
    expect(answer.headers['content-type']).toContain(type);
    expect(fits(answer.text)).toBe(true);
  });

  test('leaves the text for a prompt out where it is not wanted, with a tag of its own', async () => {
    const whole = await get('/api/v1/tools/available');
    for (const filter of ['', '&server=echo']) {
      const bare = await get(`/api/v1/tools/available?text=false${filter}`);
      expect(bare.json).not.toHaveProperty('formatted_tools_description');
      expect(bare.json.total).toBe((bare.json.tools as unknown[]).length);
      expect(bare.headers.etag).not.toBe(whole.headers.etag);
    }
    expect((await get('/api/v1/tools/available?text=false')).json.tools).toEqual(whole.json.tools);
  });

  test('answers 304 to those who have this version in this format', async () => {
    const { headers } = await get('/api/v1/tools/available');
    const etag = headers.etag!;
    const again = (path: string, tag: string) => get(path, { 'if-none-match': tag });
    expect(await again('/api/v1/tools/available', etag)).toMatchObject({ status: 304, text: '' });
    expect((await again('/api/v1/tools/available', `"x", W/${etag}`)).status).toBe(304);
    expect((await again('/api/v1/tools/available?format=openai', etag)).status).toBe(200);
    expect((await again('/api/v1/tools/available?server=echo', etag)).status).toBe(200);
  });

  test.each(['json', 'llm', 'openai', 'anthropic'])('filters by server and toolkit in %s', async (format) => {
    const { text } = await get(`/api/v1/tools/available?format=${format}&server=ONE_TOOL`);
    expect(text).toMatch(/one-tool(\/|__)add/);
    expect(text).not.toMatch(/echo(\/|__)add/);
    expect((await get(`/api/v1/tools/available?format=${format}&toolkit=talk`)).text).not.toMatch(/one-tool/);
  });

  test('says what is wrong with a format or a server', async () => {
    expect((await get('/api/v1/tools/available?format=xml')).json).toMatchObject({
      status: 400,
      problems: [{ at: 'query.format', problem: expect.stringContaining('"llm"') }],
    });
    expect((await get('/api/v1/tools/available?server=ekko')).json).toMatchObject({
      status: 404,
      code: 'SERVER_UNKNOWN',
    });
  });
});

describe('GET /api/v1/tools/{id}/detail', () => {
  test.each(['/api/v1/tools/echo%2Fadd/detail', '/api/v1/tools/echo/add/detail', '/api/v1/tools/echo__add/detail'])(
    'tells a tool: %s',
    async (path) => {
      expect((await get(path)).json).toMatchObject({
        type: 'tool',
        tool_id: 'echo/add',
        server: 'echo',
        parameters: { required: ['a', 'b'] },
        mcp: { name: 'echo__add', name_on_server: 'add' },
        mcp_endpoint: '/mcp/servers/echo',
        mcp_url: `http://127.0.0.1:${api.port}/mcp/servers/echo`,
        status: 'ready',
        versions: { server: '1.0.0' },
      });
    },
  );

  test('tells a server without how it is started', async () => {
    const answer = await get('/api/v1/tools/Echo/detail');
    expect(answer.json).toMatchObject({
      type: 'server',
      tool_id: 'echo',
      name: 'Echo',
      status: 'ready',
      owner: 'mcp.json',
      transports: ['stdio'],
      mcp_endpoint: '/mcp/servers/echo',
    });
    expect(answer.text).not.toContain('echo.ts');
    expect((await get('/api/v1/tools/one-tool/detail')).json.main_tool).toBe('add');
  });

  test('names the nearest for what it does not know', async () => {
    expect((await get('/api/v1/tools/echo%2Fadn/detail')).json).toMatchObject({
      status: 404,
      code: 'TOOL_UNKNOWN',
      alternatives: expect.arrayContaining(['echo/add']),
    });
  });
});

describe('POST /api/v1/tools/execute/{id}', () => {
  const run = (id: string, body: unknown) => post(`/api/v1/tools/execute/${id}`, body);

  test.each([
    ['echo/add', { parameters: { a: 1, b: 2 } }],
    ['echo%2Fadd', { parameters: { a: 1, b: 2 } }],
    ['echo', { action: 'add', parameters: { a: 1, b: 2 } }],
    ['one-tool', { parameters: { a: 1, b: 2 } }],
    ['one_tool', { parameters: { a: 1, b: 2 } }],
    ['one_tool_server', { parameters: { a: 1, b: 2 } }],
    ['One-Tool-MCP-Server', { parameters: { a: 1, b: 2 } }],
    ['ONE_TOOL/ADD', { parameters: { a: 1, b: 2 } }],
    ['echo__add', { parameters: { a: 1, b: 2 }, context: { user: 'whatever', session_id: 's' } }],
  ])('runs %s', async (id, body) => {
    const { status, json } = await run(id, body);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      success: true,
      output: '3',
      artifacts: [],
      metadata: {
        tool_id: expect.stringMatching(/\/add$/),
        server: expect.any(String),
        execution_time_ms: expect.any(Number),
        attempts: 1,
        registry_version: api.registry.snapshot.version,
      },
    });
    expect(json).not.toHaveProperty('error');
  });

  test('structured content is the output', async () => {
    expect((await run('echo/env', { parameters: { name: 'NO_SUCH' } })).json.output).toEqual({ value: null });
  });

  test('raw gives the result of the server byte for byte', async () => {
    const { text, headers } = await run('echo/echo?raw=true', { parameters: { text: 'ä "q"' } });
    expect(text).toBe(JSON.stringify({ content: [{ type: 'text', text: 'ä "q"' }] }));
    expect(headers['content-type']).toContain('application/json');
  });

  test('a tool that fails says so with success: false', async () => {
    const { status, json } = await run('echo/fail', { parameters: { how: 'result' } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      success: false,
      error: { code: 'TOOL_ERROR', message: 'fixture: failed as asked' },
    });
  });

  test.each([
    ['echo/ad', {}, 404, 'TOOL_UNKNOWN'],
    ['echo', {}, 409, 'TOOL_AMBIGUOUS'],
    ['echo/add', { parameters: { a: 'x' } }, 400, 'ARGUMENTS_INVALID'],
    ['echo/add', { parameters: [] }, 400, 'REQUEST_INVALID'],
    ['echo/fail', { parameters: { how: 'protocol' } }, 502, 'SERVER_FAILED'],
    ['echo/sleep', { parameters: { ms: 5_000 }, context: { timeout_ms: 50 } }, 504, 'SERVER_TIMEOUT'],
    ['echo/exit', { parameters: { code: 3 } }, 502, 'SERVER_LOST'],
  ])('%s %j is %i %s', async (id, body, status, code) => {
    const answer = await run(id, body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json.code).toBe(code);
    if (status > 500) expect(answer.json.server).toBe('echo');
    expect(answer.text).not.toMatch(/\.ts:\d/);
  });

  test('arguments that do not fit are named one by one', async () => {
    const { json } = await run('echo/add', { parameters: { a: 'x', c: 1 } });
    expect(String(json.detail)).toMatch(/a.*number/s);
    expect(String(json.detail)).toMatch(/b/);
    expect(String(json.detail)).toMatch(/c/);
  });

  test('a client that leaves cancels its call', async () => {
    const leaving = new AbortController();
    const before = api.registry.statistics('echo/sleep')?.cancelled ?? 0;
    const asked = fetch(`http://127.0.0.1:${api.port}/api/v1/tools/execute/echo/sleep`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"parameters":{"ms":8000}}',
      signal: leaving.signal,
    }).catch(() => 'left');
    await new Promise((resolve) => setTimeout(resolve, 150));
    leaving.abort();
    expect(await asked).toBe('left');
    await expect.poll(() => api.registry.statistics('echo/sleep')?.cancelled).toBe(before + 1);
  });
});

describe('search, servers, stats', () => {
  test('a need finds its tools', async () => {
    const { json } = await post('/api/v1/tools/search', { query: 'sleep and answer later', k: 3 });
    expect(json).toMatchObject({ total: expect.any(Number), version: expect.any(Number) });
    expect((json.results as { name: string }[])[0]!.name).toBe('sleep');
    expect((await post('/api/v1/tools/search', { query: '  ', k: 3 })).status).toBe(400);
    expect((await post('/api/v1/tools/search', { query: 'x', k: 1_000 })).status).toBe(400);
  });

  test('servers with their state, calls in numbers', async () => {
    // A test before this one ended its process.
    await until(() => api.registry.server('echo').health.state === 'ready');
    expect((await get('/api/v1/servers')).json).toMatchObject({
      total: 2,
      servers: [{ tool_id: 'echo', status: 'ready' }, { tool_id: 'one-tool' }],
    });
    const { json } = await get('/api/v1/stats');
    expect(json).toMatchObject({ servers: { total: 2 }, events: { sockets: 0 } });
    expect((json.calls as { total: number }).total).toBeGreaterThan(0);
  });
});
