import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask } from '../plugins/http/http-client.ts';
import { Dice, EXECUTE, type Malformed, mcpCase, messageCase, rawCase, restCase } from './malformed.ts';
import { fixture, openSockets, residentMiB, type ServerProcess, startServer } from './server-process.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_728);
const SHARE = { rest: 4_000, mcp: 3_000, messages: 2_000, raw: 1_000 };
const AT_ONCE = 16;
const STACK = /\n\s*at [^\n]+:\d+:\d+|node:internal|\.ts:\d+|node_modules/;

let server: ServerProcess;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const failures: string[] = [];

beforeAll(async () => {
  server = await startServer({ servers: { echo: fixture('echo') } });
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

const fail = (what: string, sent: unknown, got: unknown): void => {
  if (failures.length < 10)
    failures.push(`${what}: ${JSON.stringify(sent)?.slice(0, 400)} -> ${String(got).slice(0, 400)}`);
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

async function mcp(dice: Dice): Promise<void> {
  const malformed = mcpCase(dice);
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
  #socket: WebSocket | undefined;
  async say(text: string): Promise<void> {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      this.#socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/events/tools`);
      this.#socket.on('error', () => {});
      await once(this.#socket, 'open');
      await once(this.#socket, 'message');
    }
    const socket = this.#socket;
    const closed = new AbortController();
    const answer = once(socket, 'message', { signal: closed.signal }).then(([data]) => String(data));
    const end = once(socket, 'close', { signal: closed.signal }).then(() => 'closed');
    // Cancelling and late results have no answer; the ping after it has.
    socket.send(text);
    socket.send('{"type":"ping","request_id":"after"}');
    const first = await Promise.race([answer, end]);
    closed.abort();
    await Promise.allSettled([answer, end]);
    if (first === 'closed') return;
    const { type, code, error } = JSON.parse(first) as { type: string; code?: string; error?: { code: string } };
    const kind = code ?? error?.code;
    if (type !== 'pong' && kind === undefined) fail('taken', text, first);
    if (kind === 'INTERNAL') fail('internal', text, first);
    if (STACK.test(first)) fail('stack', text, first);
    while (type !== 'pong') {
      const [data] = await once(socket, 'message');
      if (String(data).includes('"after"')) break;
    }
  }
  close(): void {
    this.#socket?.terminate();
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

test('10,000 malformed requests are refused one by one, and leave nothing behind', { timeout: 240_000 }, async () => {
  const { pid } = server.kernel;
  const idleSockets = openSockets(pid);
  await round(SEED + 1, 0.2);
  await sleep(300);
  const before = residentMiB(pid);
  const begun = performance.now();
  const sent = await round(SEED, 1);
  const seconds = (performance.now() - begun) / 1_000;
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(10_000);

  const run = await ask(server.port, EXECUTE, { method: 'POST', body: { parameters: { a: 20, b: 22 } } });
  expect(run.json.output).toBe('42');
  expect((await ask(server.port, '/health')).json.ok).toBe(true);
  expect(server.kernel.lines().filter(({ level }) => level === 'error')).toEqual([]);
  const { servers } = (await ask(server.port, '/api/v1/servers')).json as { servers: { tool_id: string }[] };
  expect(servers.map(({ tool_id }) => tool_id).filter((id) => id !== 'python-executor')).toEqual(['echo']);

  agent.destroy();
  // Sessions that clients opened by luck, and keep-alive connections, are the server's to close; ours are closed.
  await expect.poll(() => openSockets(pid), { timeout: 10_000 }).toBeLessThanOrEqual((idleSockets ?? 0) + 2);
  const after = residentMiB(pid);
  process.stderr.write(
    `${sent} malformed requests in ${seconds.toFixed(1)} s; resident ${before?.toFixed(0)} -> ${after?.toFixed(0)} MiB, sockets ${idleSockets} -> ${openSockets(pid)}\n`,
  );
  if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(60);
});
