import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi, echoEntry, until } from './boot-tool-api.ts';
import { type Message, SocketClient } from './event-client.ts';

let api: BootedToolApi;
const run = (id: string, body: object = {}) => ask(api.port, `/api/v1/tools/execute/${id}`, { method: 'POST', body });
const ids = () => [...api.registry.snapshot.servers.keys()];

beforeAll(async () => {
  api = await bootToolApi({ servers: { echo: echoEntry }, toolApi: { events: { maxServers: 2 } } });
});
afterAll(() => api.stop());

const double = {
  name: 'double',
  description: 'Twice a number',
  inputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
};

/** An independent server that answers each `execute_tool` with `answer`. */
async function serve(register: object, answer: (message: Message) => object | undefined): Promise<SocketClient> {
  const server = await SocketClient.open(api.port);
  server.socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.type !== 'execute_tool') return;
    const said = answer(message);
    if (said !== undefined) server.say({ type: 'execute_tool_result', request_id: message.request_id, ...said });
  });
  expect(await server.ask({ type: 'register_tool', ...register })).toMatchObject({ success: true });
  return server;
}

describe('a server in the messages of the socket', () => {
  test('is listed, announced, called over REST and sockets, and gone with its socket', async () => {
    const listener = await SocketClient.open(api.port);
    const server = await serve(
      { tool_id: 'calculator', name: 'Calculator', capabilities: ['math'], tools: [double] },
      ({ action, parameters, tool_id }) => {
        expect([action, tool_id]).toEqual(['double', 'calculator']);
        return { success: true, result: { twice: Number((parameters as { n: number }).n) * 2 } };
      },
    );
    expect(await listener.next('tool_installed')).toMatchObject({ tool_id: 'calculator', capabilities: ['math'] });
    // One tool, so its name may be left out; another spelling finds it.
    const rest = await run('Calculator_mcp_server', { parameters: { n: 21 } });
    expect(rest.json).toMatchObject({
      success: true,
      output: { twice: 42 },
      metadata: { tool_id: 'calculator/double' },
    });
    expect(
      await listener.ask({ type: 'execute_tool', tool_id: 'calculator', action: 'double', parameters: { n: 2 } }),
    ).toMatchObject({ success: true, output: { twice: 4 } });
    expect((await run('calculator', { parameters: { n: 'x' } })).json.code).toBe('ARGUMENTS_INVALID');
    await server.close();
    expect(await listener.next('tool_uninstalled')).toMatchObject({ tool_id: 'calculator' });
    expect(ids()).toEqual(['echo']);
    expect((await run('calculator/double')).status).toBe(404);
    await listener.close();
  });

  test('its texts, MCP results and failures arrive as such', async () => {
    const answers = [
      { result: 'plain' },
      { result: { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] } },
      { success: false, error: { message: 'no luck' } },
      { success: false, error: 'no luck either' },
      {},
    ];
    const server = await serve({ tool_id: 'odd', tools: [{ name: 'any' }] }, () => answers.shift());
    expect((await run('odd')).json).toMatchObject({ success: true, output: 'plain' });
    expect((await run('odd')).json.artifacts).toEqual([{ type: 'image', mime_type: 'image/png', data: 'AAAA' }]);
    expect((await run('odd')).json).toMatchObject({ success: false, error: { message: 'no luck' } });
    expect((await run('odd')).json).toMatchObject({ success: false, error: { message: 'no luck either' } });
    expect((await run('odd')).json).toMatchObject({ success: true, output: '' });
    await server.close();
  });

  test('is told when a call is given up, and cut off in the middle is a 502', async () => {
    const server = await serve({ tool_id: 'slow', tools: [{ name: 'wait' }] }, () => undefined);
    const late = await run('slow', { context: { timeout_ms: 100 } });
    expect(late.json).toMatchObject({ status: 504, code: 'SERVER_TIMEOUT', server: 'slow' });
    const { request_id } = await server.next('execute_tool');
    expect(await server.next('cancel_tool')).toMatchObject({ request_id });
    server.say({ type: 'execute_tool_result', request_id, result: 'too late' });
    expect(await server.next('error')).toMatchObject({ code: 'REQUEST_UNKNOWN' });
    const cut = run('slow');
    await server.next('execute_tool');
    server.socket.terminate();
    expect((await cut).json).toMatchObject({ status: 502, server: 'slow' });
    await until(() => !ids().includes('slow'));
  });

  test('may change its tools, leave again, and cannot take the name of another', async () => {
    const server = await serve({ tool_id: 'mine', tools: [double] }, () => ({ result: 'one' }));
    const better = { ...double, description: 'Two times a number' };
    await server.ask({ type: 'register_tool', tool_id: 'mine', tools: [better, { name: 'triple' }] });
    await server.next((heard) => heard.type === 'tool_updated' && String(heard.tools).includes('mine/double'));
    expect([...api.registry.snapshot.tools.keys()]).toContain('mine/triple');
    expect((await run('mine/double', { parameters: { n: 1 } })).json.output).toBe('one');
    const other = await SocketClient.open(api.port);
    const take = (tool_id: string) => other.ask({ type: 'register_tool', tool_id, tools: [double] });
    expect(await take('mine')).toMatchObject({ type: 'error', code: 'SERVER_TAKEN' });
    expect(await take('MINE_server')).toMatchObject({ type: 'error', code: 'SERVER_TAKEN' });
    expect(await take('echo')).toMatchObject({ type: 'error', code: 'SERVER_TAKEN' });
    expect(await take('--')).toMatchObject({ type: 'error', code: 'SERVER_ID_INVALID' });
    expect(await other.ask({ type: 'unregister_tool', tool_id: 'mine' })).toMatchObject({ code: 'SERVER_UNKNOWN' });
    expect(await server.ask({ type: 'unregister_tool', tool_id: 'mine' })).toMatchObject({ success: true });
    expect(ids()).toEqual(['echo']);
    expect(await take('mine')).toMatchObject({ success: true });
    expect(await take('second')).toMatchObject({ success: true });
    expect(await take('third')).toMatchObject({ code: 'SOCKET_SERVERS_FULL' });
    await Promise.all([server.close(), other.close()]);
    await until(() => ids().length === 1);
  });
});

describe('a server that speaks MCP', () => {
  test('is asked in JSON-RPC, and another program can use it', async () => {
    const server = await SocketClient.open(api.port);
    const asked: string[] = [];
    server.socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data));
      if (method === undefined || id === undefined) return;
      asked.push(method);
      const results: Record<string, object> = {
        initialize: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'far', version: '7' },
        },
        'tools/list': { tools: [double] },
        'tools/call': { content: [{ type: 'text', text: `got ${params?.arguments?.n}` }] },
      };
      server.say({ jsonrpc: '2.0', id, result: results[method] ?? {} });
    });
    expect(await server.ask({ type: 'register_tool', tool_id: 'far', protocol: 'mcp' })).toMatchObject({
      success: true,
    });
    expect((await run('far', { parameters: { n: 5 } })).json).toMatchObject({ success: true, output: 'got 5' });
    expect(asked).toEqual(expect.arrayContaining(['initialize', 'tools/list', 'tools/call']));
    expect((await ask(api.port, '/api/v1/tools/far/detail')).json).toMatchObject({
      transports: ['attached'],
      versions: { server: '7' },
      owner: 'socket',
    });
    expect(await server.ask({ type: 'register_tool', tool_id: 'more', protocol: 'mcp' })).toMatchObject({
      code: 'SERVER_TAKEN',
    });
    server.say('{"jsonrpc":"2.0","id":"never-asked","result":{}}');
    server.say('{"jsonrpc":"2.0"}');
    expect((await run('far', { parameters: { n: 6 } })).json.output).toBe('got 6');
    await server.close();
    await until(() => !ids().includes('far'));
  });
});
