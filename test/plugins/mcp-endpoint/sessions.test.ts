import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootEndpoint, DUAL, ECHO, TestClient, until } from './endpoint-under-test.ts';

let house: Awaited<ReturnType<typeof bootEndpoint>>;
beforeAll(async () => {
  house = await bootEndpoint([ECHO, DUAL]);
});
afterAll(() => house.close());

const client = async (mount = '/mcp', capabilities = {}) => {
  const made = new TestClient(house.endpoint, mount);
  await made.initialize(capabilities);
  return made;
};

describe('a legacy client', () => {
  it('is answered in the revision it asks for, or the newest legacy one', async () => {
    const one = new TestClient(house.endpoint, '/mcp');
    expect((await one.initialize({}, '2025-03-26')).result.protocolVersion).toBe('2025-03-26');
    const other = new TestClient(house.endpoint, '/mcp');
    expect((await other.initialize({}, '1999-01-01')).result.protocolVersion).toBe('2025-11-25');
  });

  it('sees all tools under server__tool, and calls them', async () => {
    const { result } = await (await client()).ask('tools/list');
    const names = result.tools.map((tool: { name: string }) => tool.name);
    expect(names).toContain('echo__add');
    expect(names).toContain('dual__test_simple_text');
    const called = await (await client()).ask('tools/call', { name: 'echo__add', arguments: { a: 2, b: 40 } });
    expect(called.result.content[0].text).toBe('42');
  });

  it('gets a result that a model can mend when the arguments do not fit', async () => {
    const { result } = await (await client()).ask('tools/call', { name: 'echo__add', arguments: { a: 'two' } });
    expect(result.isError).toBe(true);
    expect(result.content[0].text).toMatch(/\/b is missing/);
  });

  it('gets an error with the nearest names for an unknown tool', async () => {
    const { error } = await (await client()).ask('tools/call', { name: 'echo__ad', arguments: {} });
    expect(error.code).toBe(-32602);
    expect(error.data).toMatchObject({ code: 'TOOL_UNKNOWN', alternatives: ['echo/add'] });
  });

  it('is asked in mid-call when it can answer, and the server is told when it cannot', async () => {
    const able = await client('/mcp', { elicitation: {} });
    able.answer = () => ({ result: { action: 'accept', content: { name: 'Ada' } } });
    const answered = await able.ask('tools/call', { name: 'echo__ask', arguments: { message: 'who?' } });
    expect(JSON.stringify(answered.result)).toContain('Ada');
    const unable = await client('/mcp');
    const refused = await unable.ask('tools/call', { name: 'echo__ask', arguments: { message: 'who?' } });
    expect(JSON.stringify(refused)).toContain('elicitation');
    expect(unable.heard.some(({ method }) => method === 'elicitation/create')).toBe(false);
  });

  it('is asked by a server of the modern era too', async () => {
    const able = await client('/mcp/servers/dual', { elicitation: {} });
    able.answer = () => ({ result: { action: 'accept', content: { name: 'Ada', username: 'Ada', email: 'a@b.c' } } });
    const { result } = await able.ask('tools/call', { name: 'test_elicitation', arguments: { message: 'who?' } });
    expect(JSON.stringify(result)).toContain('accept');
  });

  it('hears progress with its own token before the answer', async () => {
    const one = await client();
    await one.ask('tools/call', { name: 'echo__progress', arguments: { steps: 3 }, _meta: { progressToken: 'mine' } });
    const progress = one.heard.filter(({ method }) => method === 'notifications/progress');
    expect(progress.map(({ params }) => [params.progressToken, params.progress])).toEqual([
      ['mine', 1],
      ['mine', 2],
      ['mine', 3],
    ]);
  });

  it('cancels a call', async () => {
    const one = await client();
    const started = Date.now();
    one.send({ id: 'slow', method: 'tools/call', params: { name: 'echo__sleep', arguments: { ms: 8_000 } } });
    await new Promise((wake) => setTimeout(wake, 100));
    one.send({ method: 'notifications/cancelled', params: { requestId: 'slow' } });
    await until(() => one.heard.some(({ id }) => id === 'slow'));
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it('is refused a second request under an id that is in flight', async () => {
    const one = await client();
    one.send({ id: 7, method: 'tools/call', params: { name: 'echo__sleep', arguments: { ms: 300 } } });
    one.send({ id: 7, method: 'ping' });
    await until(() => one.heard.filter(({ id }) => id === 7).length === 2);
    expect(one.heard.find(({ id, error }) => id === 7 && error)?.error.code).toBe(-32600);
  });

  it('is told when tools change, once for many changes', async () => {
    const one = await client();
    one.heard.length = 0;
    const undo = house.registry.register({
      ...ECHO,
      id: 'second',
      start: 'lazy',
      manifest: [{ name: 'x', inputSchema: { type: 'object' } }],
    });
    await until(() => one.heard.some(({ method }) => method === 'notifications/tools/list_changed'));
    expect((await one.ask('tools/list')).result.tools.some(({ name }: { name: string }) => name === 'second__x')).toBe(
      true,
    );
    undo();
    await until(() => one.heard.filter(({ method }) => method === 'notifications/tools/list_changed').length === 2);
  });

  it('finds prompts and resources of all servers', async () => {
    const one = await client();
    const prompt = await one.ask('prompts/get', { name: 'dual__test_simple_prompt' });
    expect(prompt.result.messages).toHaveLength(1);
    const read = await one.ask('resources/read', { uri: 'test://template/5/data' });
    expect(JSON.stringify(read.result)).toContain('5');
    const missing = await one.ask('resources/read', { uri: 'nowhere://x' });
    expect(missing.error.code).toBe(-32002);
  });

  it('gets an error for what is no message, and goes on', async () => {
    const one = await client();
    for (const text of ['{', '[]', '1', 'null', '{"jsonrpc":"1.0","id":1,"method":"ping"}']) one.sendText(text);
    expect(one.heard.filter(({ error }) => error !== undefined)).toHaveLength(5);
    expect((await one.ask('ping')).result).toEqual({});
  });
});

describe('a modern client', () => {
  const modern = (mount = '/mcp') => new TestClient(house.endpoint, mount);

  it('discovers, lists and calls, with what the era wants on each result', async () => {
    const one = modern();
    const discovered = await one.modern('server/discover');
    expect(discovered.result).toMatchObject({ resultType: 'complete', supportedVersions: ['2026-07-28'] });
    const listed = await one.modern('tools/list');
    expect(listed.result).toMatchObject({ resultType: 'complete', cacheScope: 'private' });
    const called = await one.modern('tools/call', { name: 'echo__add', arguments: { a: 1, b: 1 } });
    expect(called.result).toMatchObject({ resultType: 'complete', content: [{ text: '2' }] });
  });

  it('answers the question of a legacy server by coming back', async () => {
    const one = modern();
    const call = { name: 'echo__ask', arguments: { message: 'who?' } };
    const first = await one.modern('tools/call', call, { elicitation: {} });
    expect(first.result.resultType).toBe('input_required');
    const [key, question] = Object.entries<Record<string, unknown>>(first.result.inputRequests)[0]!;
    expect(question.method).toBe('elicitation/create');
    const inputResponses = { [key]: { action: 'accept', content: { name: 'Ada' } } };
    const { requestState } = first.result;
    const second = await one.modern('tools/call', { ...call, inputResponses, requestState }, { elicitation: {} });
    expect(JSON.stringify(second.result)).toContain('Ada');
    const again = await one.modern('tools/call', { ...call, inputResponses, requestState }, { elicitation: {} });
    expect(again.error.code).toBe(-32602);
  });

  it('is refused methods that its era does not have', async () => {
    expect((await modern().modern('logging/setLevel', { level: 'info' })).error.code).toBe(-32601);
    expect((await modern().modern('initialize')).error.code).toBe(-32601);
  });

  it('listens for the changes that it names', async () => {
    const one = modern();
    void one
      .modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, {}, 'sub')
      .catch(() => undefined);
    await until(() => one.heard.some(({ method }) => method === 'notifications/subscriptions/acknowledged'));
    house.registry.register({
      ...ECHO,
      id: 'third',
      start: 'lazy',
      manifest: [{ name: 'x', inputSchema: { type: 'object' } }],
    })();
    await until(() => one.heard.some(({ method }) => method === 'notifications/tools/list_changed'));
    const told = one.heard.find(({ method }) => method === 'notifications/tools/list_changed');
    expect(told?.params._meta['io.modelcontextprotocol/subscriptionId']).toBe('sub');
    one.send({ method: 'notifications/cancelled', params: { requestId: 'sub' } });
    await until(() => one.heard.some(({ id }) => id === 'sub'));
  });
});

describe('search mode', () => {
  it('lists two tools, finds by need and calls what it found', async () => {
    const one = await client('/mcp/search');
    const { result } = await one.ask('tools/list');
    expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(['search_tools', 'call_tool']);
    const found = await one.ask('tools/call', { name: 'search_tools', arguments: { query: 'add two numbers' } });
    const best = found.result.structuredContent.tools[0];
    expect(best.name).toBe('echo__add');
    const called = await one.ask('tools/call', {
      name: 'call_tool',
      arguments: { name: best.name, arguments: { a: 2, b: 3 } },
    });
    expect(called.result.content[0].text).toBe('5');
    const wrong = await one.ask('tools/call', { name: 'echo__add', arguments: {} });
    expect(wrong.error.message).toContain('search_tools');
  });
});

it('a server’s own path adds nothing to its names', async () => {
  const one = await client('/mcp/servers/echo');
  const names = (await one.ask('tools/list')).result.tools.map(({ name }: { name: string }) => name);
  expect(names).toContain('add');
  expect((await one.ask('tools/call', { name: 'add', arguments: { a: 1, b: 2 } })).result.content[0].text).toBe('3');
  expect(() => new TestClient(house.endpoint, '/mcp/servers/ecko')).toThrow(/ecko/);
});
