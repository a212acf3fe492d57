import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { AUTH, type Auth, type Scope } from '#plugins/auth/api';
import { fake } from '../../support/boot-kernel.ts';
import { ask, exchangeBytes } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi, echoEntry, until } from './boot-tool-api.ts';
import { type Message, SocketClient } from './event-client.ts';

const absent = { url: 'http://127.0.0.1:9/mcp', start: 'lazy' };
let api: BootedToolApi;
let client: SocketClient;
const post = (path: string, body: object) => ask(api.port, path, { method: 'POST', body });
const install = (id: string, entry: object = absent) => post('/api/v1/tools/register', { id, ...entry });
const uninstall = (id: string) => ask(api.port, `/api/v1/tools/${id}`, { method: 'DELETE' });

beforeAll(async () => {
  api = await bootToolApi({
    servers: { echo: echoEntry },
    toolApi: { events: { maxMessageBytes: 4_096, maxCalls: 2, replay: 6, maxSockets: 20 } },
  });
  client = await SocketClient.open(api.port);
});
afterAll(async () => {
  await client.close();
  await api.stop();
});

describe('a listener', () => {
  test('is told the version and where it stands, and gets pongs and lists', async () => {
    expect(await client.next('hello')).toMatchObject({
      protocol: 1,
      version: api.registry.snapshot.version,
      seq: expect.any(Number),
      total: api.registry.snapshot.tools.size,
    });
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong', timestamp: expect.any(String) });
    const list = await client.ask({ type: 'list_tools' });
    expect(list).toMatchObject({ type: 'list_tools_result', success: true, total: api.registry.snapshot.tools.size });
    expect(list.tools).toEqual((await ask(api.port, '/api/v1/tools/available')).json.tools);
  });

  test('hears of servers that come, change and go, in order', async () => {
    await install('new-one', { ...echoEntry, title: 'New', capabilities: ['talking'] });
    const came = await client.next((heard) => heard.type === 'tool_installed' && heard.tool_id === 'new-one');
    expect(came).toMatchObject({
      name: 'New',
      capabilities: ['talking'],
      endpoint: '/mcp/servers/new-one',
      timestamp: expect.any(String),
    });
    await post('/api/v1/tools/execute/new-one', { action: 'change_tools' });
    const added = (heard: Message) => (heard.tools as unknown[] | undefined)?.includes('new-one/added_1') === true;
    const grown = await client.next(added);
    expect(grown).toMatchObject({ type: 'tool_installed', tool_id: 'new-one', status: 'ready' });
    await uninstall('new-one');
    const gone = await client.next('tool_uninstalled');
    expect(gone).toMatchObject({ tool_id: 'new-one', status: 'removed' });
    expect(Number(gone.seq)).toBeGreaterThan(Number(grown.seq));
    expect(gone.version).toBe(api.registry.snapshot.version);
  });

  test('gets only the types that it asked for', async () => {
    const picky = await SocketClient.open(api.port);
    expect(await picky.ask({ type: 'subscribe', types: ['tool_uninstalled'] })).toMatchObject({ type: 'subscribed' });
    await install('short');
    await uninstall('short');
    await picky.next('tool_uninstalled');
    expect(picky.heard.map(({ type }) => type)).toEqual(['hello']);
    await picky.close();
  });

  test('gets what it missed, once, or is told to list again', async () => {
    const first = await SocketClient.open(api.port);
    const { seq } = await first.next('hello');
    await first.close();
    await install('missed');
    await uninstall('missed');
    const back = await SocketClient.open(api.port);
    const answer = await back.ask({ type: 'subscribe', since: seq, types: ['tool_installed', 'tool_uninstalled'] });
    expect(answer).toMatchObject({ type: 'subscribed', replayed: 2 });
    expect(await back.next('tool_installed')).toMatchObject({ tool_id: 'missed' });
    expect(await back.next('tool_uninstalled')).toMatchObject({ tool_id: 'missed', seq: answer.seq });
    for (let round = 0; round < 4; round++) {
      await install('more');
      await uninstall('more');
    }
    expect(await back.ask({ type: 'subscribe', since: seq })).toMatchObject({ type: 'resync_required' });
    expect(await back.ask({ type: 'subscribe', since: 1 })).toMatchObject({ type: 'resync_required' });
    expect(await back.ask({ type: 'subscribe', since: Number(answer.seq) + 1e6 })).toMatchObject({
      type: 'resync_required',
    });
    await back.close();
  });
});

describe('a caller', () => {
  test('runs tools, by any spelling, and hears of failures as data', async () => {
    expect(await client.ask({ type: 'execute_tool', tool_id: 'echo/add', parameters: { a: 1, b: 2 } })).toMatchObject({
      type: 'execute_tool_result',
      success: true,
      output: '3',
      result: '3',
      metadata: { tool_id: 'echo/add' },
    });
    const unknown = await client.ask({ type: 'execute_tool', tool_id: 'echo/ad' });
    expect(unknown).toMatchObject({
      success: false,
      error: { code: 'TOOL_UNKNOWN', alternatives: expect.arrayContaining(['echo/add']) },
    });
    const wrong = await client.ask({ type: 'execute_tool', tool_id: 'echo', action: 'add', parameters: { a: 'x' } });
    expect(wrong).toMatchObject({ success: false, error: { code: 'ARGUMENTS_INVALID' } });
    const failed = await client.ask({ type: 'execute_tool', tool_id: 'echo/fail', parameters: { how: 'result' } });
    expect(failed).toMatchObject({ success: false, error: { code: 'TOOL_ERROR' } });
  });

  test('cancels, cannot use a request id twice, nor have too many in flight', async () => {
    const sleep = (request_id: string) =>
      client.say({ type: 'execute_tool', request_id, tool_id: 'echo/sleep', parameters: { ms: 8_000 } });
    sleep('a');
    sleep('a');
    expect(await client.next('execute_tool_result')).toMatchObject({ error: { code: 'REQUEST_TWICE' } });
    sleep('b');
    sleep('c');
    expect(await client.next('execute_tool_result')).toMatchObject({
      request_id: 'c',
      error: { code: 'SOCKET_BUSY' },
    });
    for (const request_id of ['a', 'b']) {
      client.say({ type: 'cancel_tool', request_id });
      expect(await client.next('execute_tool_result')).toMatchObject({
        request_id,
        error: { code: 'CALL_CANCELLED' },
      });
    }
  });

  test('its calls are cancelled when it leaves', async () => {
    const before = api.registry.statistics('echo/sleep')?.cancelled ?? 0;
    const leaving = await SocketClient.open(api.port);
    leaving.say({ type: 'execute_tool', request_id: 1, tool_id: 'echo/sleep', parameters: { ms: 8_000 } });
    await leaving.ask({ type: 'ping' });
    leaving.socket.terminate();
    await until(() => (api.registry.statistics('echo/sleep')?.cancelled ?? 0) > before);
  });
});

describe('messages that are none', () => {
  test.each<[string, string]>([
    ['{"type":', 'MESSAGE_INVALID'],
    ['"text"', 'MESSAGE_INVALID'],
    ['null', 'MESSAGE_INVALID'],
    ['[]', 'MESSAGE_INVALID'],
    ['{}', 'MESSAGE_UNKNOWN'],
    ['{"type":"pnig"}', 'MESSAGE_UNKNOWN'],
    ['{"type":{"a":1}}', 'MESSAGE_UNKNOWN'],
    ['{"type":"__proto__"}', 'MESSAGE_UNKNOWN'],
    ['{"type":"subscribe","types":"all"}', 'MESSAGE_INVALID'],
    ['{"type":"subscribe","since":-1}', 'MESSAGE_INVALID'],
    ['{"type":"execute_tool","tool_id":"echo/add"}', 'MESSAGE_INVALID'],
    ['{"type":"execute_tool","request_id":1,"tool_id":"echo/add","parameters":[]}', 'MESSAGE_INVALID'],
    ['{"type":"register_tool"}', 'REQUEST_INVALID'],
    ['{"type":"execute_tool_result","request_id":"no-such"}', 'REQUEST_UNKNOWN'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 'SOCKET_NO_MCP'],
  ])('%s is %s, and the socket stays', async (text, code) => {
    client.say(text);
    const answer = await client.next('error');
    expect(answer.code).toBe(code);
    expect(answer.message).toEqual(expect.any(String));
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });

  test('a nearly right type gets the right one', async () => {
    expect(await client.ask({ type: 'subscribed' })).toMatchObject({ alternatives: ['subscribe'] });
  });

  test('binary and oversize messages close the socket with their codes', async () => {
    const binary = await SocketClient.open(api.port);
    binary.socket.send(Buffer.from('{"type":"ping"}'));
    expect((await binary.closed()).code).toBe(1003);
    const large = await SocketClient.open(api.port);
    large.say(JSON.stringify({ type: 'ping', pad: 'x'.repeat(5_000) }));
    expect((await large.closed()).code).toBe(1009);
  });

  test('bytes that are no frames close the socket, and others go on', async () => {
    const head = `GET /api/v1/events/tools HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    for (const garbage of ['hello world, no frame', '\x81\x05plain', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'])
      expect(await exchangeBytes(api.port, Buffer.from(head + garbage, 'latin1'))).toMatch(/^HTTP\/1\.1 101 /);
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });
});

test('a client that reads nothing is dropped, and no other waits for it', async () => {
  const small = await bootToolApi({
    servers: { echo: echoEntry },
    toolApi: { events: { maxBufferedBytes: 65_536, heartbeatMs: 3_600_000 } },
  });
  const slow = connect(small.port, '127.0.0.1');
  const other = await SocketClient.open(small.port);
  slow.on('error', () => {});
  slow.write(
    `GET /api/v1/events/tools HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  slow.pause();
  const sockets = async () => ((await ask(small.port, '/api/v1/stats')).json.events as { sockets: number }).sockets;
  await expect.poll(sockets).toBe(2);
  // A masked text frame, {"type":"list_tools"}: each answer is some kilobytes that stay unread.
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 + 21, 0, 0, 0, 0]), Buffer.from('{"type":"list_tools"}')]);
  for (let sent = 0; sent < 10_000; sent += 50) {
    slow.write(Buffer.concat(Array.from({ length: 50 }, () => frame)));
    await other.ask({ type: 'ping' }, 1_000);
  }
  await expect.poll(sockets, { timeout: 5_000 }).toBe(1);
  slow.destroy();
  await other.close();
  await small.stop();
});

test('a peer that answers no ping is dropped', async () => {
  const quick = await bootToolApi({ toolApi: { events: { heartbeatMs: 100 } } });
  const deaf = await SocketClient.open(quick.port);
  const alive = await SocketClient.open(quick.port);
  // Bytes are read no more, so pings are not answered.
  deaf.socket.pause();
  const sockets = async () => ((await ask(quick.port, '/api/v1/stats')).json.events as { sockets: number }).sockets;
  await expect.poll(sockets, { timeout: 5_000 }).toBe(1);
  expect(await alive.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  deaf.socket.terminate();
  await alive.close();
  await quick.stop();
});

test('sockets beyond the limit are told to come later, and stopping tells all', async () => {
  const few = await bootToolApi({ toolApi: { events: { maxSockets: 1 } } });
  const one = await SocketClient.open(few.port);
  const two = await SocketClient.open(few.port);
  expect((await two.closed()).code).toBe(1013);
  const closed = one.closed();
  await few.stop();
  expect((await closed).code).toBe(1001);
});

test('each message needs its scope', async () => {
  const auth: Auth = {
    required: true,
    authenticate: (headers, scope) => {
      const scopes = new Set(headers.authorization?.slice(7).split(',') as Scope[] | undefined);
      if (scopes.size === 0)
        throw fault('AUTH_MISSING', 'who?', { kind: 'unauthenticated', data: { challenge: 'Bearer realm="x"' } });
      if (!scopes.has(scope)) throw fault('AUTH_SCOPE', 'no', { kind: 'forbidden' });
      return { id: 'key:k', name: 'k', kind: 'key', scopes };
    },
    resourceMetadata: () => undefined,
    audit: () => {},
  };
  const guarded = await bootToolApi({ servers: { echo: echoEntry }, fakes: [fake(AUTH, auth)] });
  const as = (scopes: string) => SocketClient.open(guarded.port, { authorization: `Bearer ${scopes}` });
  await expect(SocketClient.open(guarded.port)).rejects.toThrow(/401/);
  await expect(as('tools:call')).rejects.toThrow(/403/);
  const reader = await as('tools:read');
  expect(await reader.ask({ type: 'list_tools' })).toMatchObject({ success: true });
  const call = { type: 'execute_tool', tool_id: 'echo/add', parameters: { a: 1, b: 1 } };
  expect(await reader.ask(call)).toMatchObject({ success: false, error: { code: 'AUTH_SCOPE' } });
  const registering = { type: 'register_tool', tool_id: 'x', tools: [{ name: 't' }] };
  expect(await reader.ask(registering)).toMatchObject({ type: 'error', code: 'AUTH_SCOPE' });
  const caller = await as('tools:read,tools:call');
  expect(await caller.ask(call)).toMatchObject({ success: true });
  await Promise.all([reader.close(), caller.close()]);
  await guarded.stop();
});
