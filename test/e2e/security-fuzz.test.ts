import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask } from '../plugins/http/http-client.ts';
import { SocketClient } from '../plugins/tool-api/event-client.ts';
import { Dice } from './dice.ts';
import { EXECUTE, LIVE_SESSION, type Malformed, mcpCase, restCase } from './malformed.ts';
import { rawCase } from './malformed-bytes.ts';
import { messageCase } from './malformed-messages.ts';
import { fixture, openSockets, residentMiB, type ServerProcess, startServer } from './server-process.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_728);
const SHARE = { rest: 4_000, mcp: 3_000, messages: 2_000, raw: 1_000 };
const AT_ONCE = 16;
const STACK = /\n\s*at [^\n]+:\d+:\d+|node:internal|\.ts:\d+|node_modules/;

let server: ServerProcess;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
/** One for each kind of request and answer. */
const failures = new Map<string, string>();

beforeAll(async () => {
  server = await startServer({ servers: { echo: fixture('echo') } });
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

const fail = (what: string, sent: Malformed | string, got: unknown): void => {
  const shown =
    typeof sent === 'string' ? sent : `${sent.method} ${sent.path} ${JSON.stringify(sent.headers)} ${sent.body}`;
  failures.set(
    `${what} ${shown.slice(0, 60)}${String(typeof sent === 'string' ? '' : sent.body).slice(0, 40)}`,
    `${shown.slice(0, 300)} -> ${String(got).slice(0, 300)}`,
  );
};

/** So many, some at once. */
async function each(count: number, once: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await once(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function exchange(malformed: Malformed): Promise<{ status: number; text: string } | 'closed'> {
  const { method, path, headers, body } = malformed;
  return new Promise((resolve) => {
    const sending = send({ host: '127.0.0.1', port: server.port, method, path, headers, agent, timeout: 10_000 });
    sending.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('close', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }));
      // A stream that was opened by luck is not waited for.
      if (response.headers['content-type']?.includes('event-stream')) setTimeout(() => response.destroy(), 20);
    });
    sending.once('timeout', () => sending.destroy(new Error('no answer in 10 s')));
    sending.once('error', (error) => {
      if (error.message.includes('no answer')) fail('silence', malformed, error);
      resolve('closed');
    });
    sending.end(body);
  });
}

async function rest(dice: Dice): Promise<void> {
  const malformed = restCase(dice);
  const got = await exchange(malformed);
  if (got === 'closed') return;
  if (got.status < 400 || got.status > 499) fail(`status ${got.status}`, malformed, got.text);
  if (STACK.test(got.text)) fail('stack', malformed, got.text);
}

/** By mount. */
const sessions = new Map<string, string>();
async function openSessions(): Promise<void> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  for (const mount of ['/mcp', '/mcp/all', '/mcp/search', '/mcp/servers/echo']) {
    const headers = { accept: 'application/json, text/event-stream' };
    const body = { jsonrpc: '2.0', id: 0, method: 'initialize', params };
    const opened = await ask(server.port, mount, { method: 'POST', headers, body });
    const session = String(opened.headers['mcp-session-id']);
    sessions.set(mount, session);
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await ask(server.port, mount, {
      method: 'POST',
      headers: { ...headers, 'mcp-session-id': session },
      body: initialized,
    });
  }
}

async function mcp(dice: Dice): Promise<void> {
  const made = mcpCase(dice);
  const live = made.headers['mcp-session-id'] === LIVE_SESSION && sessions.get(made.path);
  const malformed = live ? { ...made, headers: { ...made.headers, 'mcp-session-id': live } } : made;
  const got = await exchange(malformed);
  if (got === 'closed') return;
  // JSON-RPC tells its errors in the body of a 200, and takes answers and notifications with 202.
  const told = (got.status === 200 && /"error"|"isError":true|"result"/.test(got.text)) || got.status === 202;
  if ((got.status < 400 || got.status > 499) && !told) fail(`status ${got.status}`, malformed, got.text);
  if (STACK.test(got.text)) fail('stack', malformed, got.text);
}

async function raw(dice: Dice): Promise<void> {
  const bytes = rawCase(dice);
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await Promise.race([once(socket, 'close'), sleep(60)]);
  socket.destroy();
  if (/HTTP\/1\.1 5\d\d/.test(text)) fail('5xx', bytes.toString('latin1'), text);
  if (text !== '' && !/^HTTP\/1\.1 (?:4\d\d|200|100) /.test(text)) fail('answer', bytes.toString('latin1'), text);
  if (STACK.test(text)) fail('stack', bytes.toString('latin1'), text);
}

/** One socket at a time that is opened anew where it was closed. */
class Talker {
  #client: SocketClient | undefined;
  #closed: Promise<'closed'> | undefined;
  #said = 0;
  async say(text: string): Promise<void> {
    if (this.#client?.socket.readyState !== WebSocket.OPEN) {
      const opened = await SocketClient.open(server.port);
      this.#client = opened;
      this.#closed = new Promise((resolve) => opened.socket.once('close', () => resolve('closed')));
    }
    const client = this.#client;
    const after = `after-${++this.#said}`;
    client.say(text);
    // Not everything has an answer; the ping after it has.
    client.say({ type: 'ping', request_id: after });
    const pong = client.next(({ request_id }) => request_id === after).catch(() => 'silence' as const);
    if ((await Promise.race([pong, this.#closed])) === 'silence') fail('silence', text, client.heard);
    for (const { type, code, error } of client.heard.splice(0)) {
      const told = code ?? (error as { code?: string } | undefined)?.code;
      if (type !== 'hello' && told === undefined) fail(`taken: ${type}`, text, type);
      if (told === 'INTERNAL') fail('internal', text, told);
      if (STACK.test(JSON.stringify(error ?? ''))) fail('stack', text, JSON.stringify(error));
    }
  }
  close(): void {
    this.#client?.socket.terminate();
  }
}

async function round(seed: number, part: number): Promise<number> {
  const dice = new Dice(seed);
  const count = (of: number): number => Math.ceil(of * part);
  await each(count(SHARE.rest), () => rest(dice));
  await each(count(SHARE.mcp), () => mcp(dice));
  const talkers = Array.from({ length: AT_ONCE }, () => new Talker());
  await Promise.all(
    talkers.map(async (talker) => {
      for (let said = 0; said < count(SHARE.messages / AT_ONCE); said++) await talker.say(messageCase(dice));
    }),
  );
  for (const talker of talkers) talker.close();
  await each(count(SHARE.raw), () => raw(dice));
  return count(SHARE.rest) + count(SHARE.mcp) + count(SHARE.messages / AT_ONCE) * AT_ONCE + count(SHARE.raw);
}

test('10,000 malformed requests are refused one by one, and leave nothing behind', { timeout: 60_000 }, async () => {
  const { pid } = server.kernel;
  await openSessions();
  const idleSockets = openSockets(pid);
  await round(SEED + 1, 0.2);
  await sleep(300);
  const before = residentMiB(pid);
  const begun = performance.now();
  const sent = await round(SEED, 1);
  const seconds = (performance.now() - begun) / 1_000;
  expect(Object.fromEntries(failures)).toEqual({});
  expect(sent).toBeGreaterThanOrEqual(10_000);

  const run = await ask(server.port, EXECUTE, { method: 'POST', body: { parameters: { a: 20, b: 22 } } });
  expect(run.json.output).toBe('42');
  expect((await ask(server.port, '/health')).json.ok).toBe(true);
  for (const [mount, session] of sessions) {
    const headers = { accept: 'application/json, text/event-stream', 'mcp-session-id': session };
    const body = { jsonrpc: '2.0', id: 'last', method: 'tools/list', params: {} };
    expect((await ask(server.port, mount, { method: 'POST', headers, body })).text).toContain('"tools":[');
  }
  expect(server.kernel.lines().filter(({ level }) => level === 'error')).toEqual([]);
  const { servers } = (await ask(server.port, '/api/v1/servers')).json as { servers: { tool_id: string }[] };
  const bundled = ['python-executor', 'browser-navigator'];
  expect(servers.map(({ tool_id }) => tool_id).filter((id) => !bundled.includes(id))).toEqual(['echo']);

  agent.destroy();
  // Sessions that clients opened by luck, and keep-alive connections, are the server's to close; ours are closed.
  await expect.poll(() => openSockets(pid), { timeout: 10_000 }).toBeLessThanOrEqual((idleSockets ?? 0) + 2);
  const after = residentMiB(pid);
  process.stderr.write(
    `${sent} malformed requests in ${seconds.toFixed(1)} s; resident ${before?.toFixed(0)} -> ${after?.toFixed(0)} MiB, sockets ${idleSockets} -> ${openSockets(pid)}\n`,
  );
  if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(60);
});
