// The load that the project was asked to carry: 50 users, 100 requests a second of all kinds for a minute; then more
// and more, until the slowest twentieth takes 200 ms. Ends by itself.
//   node test/bench/seed-load.ts [--seconds 60] [--rate 100] [--users 50] [--no-steps] [--json]
import { Agent, request as send } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fixture, residentMiB, startServer } from '../e2e/server-process.ts';
import { SocketClient } from '../plugins/tool-api/event-client.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    users: { type: 'string', default: '50' },
    'no-steps': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const KEY = 'load-test-key-of-enough-length';
const STEP_SECONDS = 5;
const MOST_STEPS = 20;
const LIMIT_MS = 200;
const TIMEOUT_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}
interface User {
  readonly agent: Agent;
  readonly socket: SocketClient;
  readonly session: string;
  etag: string;
  calls: number;
}

const server = await startServer({
  env: { API_KEY: KEY },
  dirs: [resolve(import.meta.dirname, '../fixtures/plugins')],
  plugins: { 'hello-tool': {} },
  servers: { echo: fixture('echo') },
});

function ask(
  user: { readonly agent: Agent },
  method: string,
  path: string,
  body?: object,
  more: object = {},
): Promise<Answer> {
  return new Promise((done, failed) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${KEY}`,
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...more,
    };
    const sending = send({
      port: server.port,
      host: '127.0.0.1',
      agent: user.agent,
      method,
      path,
      headers,
      timeout: TIMEOUT_MS,
    });
    sending.once('timeout', () => sending.destroy(new Error('no answer in time')));
    sending.once('error', failed);
    sending.once('response', (response) => {
      let got = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        got += chunk;
      });
      response.once('error', failed);
      response.once('end', () => done({ status: response.statusCode!, headers: response.headers, text: got }));
    });
    sending.end(text);
  });
}

const ACCEPT = { accept: 'application/json, text/event-stream' };
const mcp = (user: User, id: number, method: string, params: object) =>
  ask(
    user,
    'POST',
    '/mcp',
    { jsonrpc: '2.0', id, method, params },
    {
      ...ACCEPT,
      'mcp-session-id': user.session,
      'mcp-protocol-version': '2025-11-25',
    },
  );
const must = (holds: boolean, answer: Answer): void => {
  if (!holds) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
};

/** Each checks its answer, so that a fast wrong one counts as an error. */
const KINDS: readonly { readonly name: string; readonly share: number; run(user: User): Promise<void> }[] = [
  {
    name: 'available, unchanged',
    share: 20,
    run: async (user) => {
      const answer = await ask(user, 'GET', '/api/v1/tools/available', undefined, { 'if-none-match': user.etag });
      must(answer.status === 304, answer);
    },
  },
  {
    name: 'detail',
    share: 15,
    run: async (user) => {
      const answer = await ask(user, 'GET', '/api/v1/tools/echo%2Fadd/detail');
      must(answer.status === 200 && answer.text.includes('"tool_id":"echo/add"'), answer);
    },
  },
  {
    name: 'execute a function',
    share: 20,
    run: async (user) => {
      const name = `user ${++user.calls}`;
      const answer = await ask(user, 'POST', '/api/v1/tools/execute/hello', { parameters: { name } });
      must(answer.status === 200 && answer.text.includes(`hello ${name}`), answer);
    },
  },
  {
    name: 'execute over stdio',
    share: 20,
    run: async (user) => {
      const text = `call ${++user.calls}`;
      const answer = await ask(user, 'POST', '/api/v1/tools/execute/echo/echo', { parameters: { text } });
      must(answer.status === 200 && answer.text.includes(`"${text}"`), answer);
    },
  },
  {
    name: 'MCP call',
    share: 15,
    run: async (user) => {
      const text = `call ${++user.calls}`;
      const answer = await mcp(user, user.calls, 'tools/call', { name: 'echo__echo', arguments: { text } });
      must(answer.status === 200 && answer.text.includes(`"${text}"`), answer);
    },
  },
  {
    name: 'MCP list',
    share: 5,
    run: async (user) => {
      const answer = await mcp(user, ++user.calls, 'tools/list', {});
      must(answer.status === 200 && answer.text.includes('echo__add'), answer);
    },
  },
  {
    name: 'event socket',
    share: 5,
    run: async (user) => {
      const { type } = await user.socket.ask({ type: 'ping' }, TIMEOUT_MS);
      if (type !== 'pong') throw new Error(`${type}`);
    },
  },
];

async function newUser(): Promise<User> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const listed = await ask({ agent }, 'GET', '/api/v1/tools/available');
  const clientInfo = { name: 'load', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const opened = await ask({ agent }, 'POST', '/mcp', { jsonrpc: '2.0', id: 0, method: 'initialize', params }, ACCEPT);
  const session = String(opened.headers['mcp-session-id']);
  const socket = await SocketClient.open(server.port, { authorization: `Bearer ${KEY}` });
  const user = { agent, socket, session, etag: String(listed.headers.etag), calls: 0 };
  await ask(
    user,
    'POST',
    '/mcp',
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { ...ACCEPT, 'mcp-session-id': session },
  );
  return user;
}

interface Figures {
  readonly rate: number;
  readonly seconds: number;
  readonly requests: number;
  readonly achieved: number;
  readonly errors: number;
  readonly examples: readonly string[];
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly kinds: Readonly<
    Record<string, { readonly count: number; readonly p50: number; readonly p95: number; readonly p99: number }>
  >;
}

/** An open load: requests begin when they are due, however slow those before them are, and are timed from then on. */
async function load(users: readonly User[], rate: number, seconds: number): Promise<Figures> {
  const total = Math.round(rate * seconds);
  const deck = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  const times = new Map<string, number[]>(KINDS.map(({ name }) => [name, []]));
  const examples: string[] = [];
  let errors = 0;
  const running = new Set<Promise<void>>();
  const begun = performance.now();
  for (let at = 0; at < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1_000) * rate) + 1);
    for (; at < due; at++) {
      // 37 has no factor in common with the deck: the kinds alternate.
      const kind = deck[(at * 37) % deck.length]!;
      const user = users[at % users.length]!;
      const dueAt = begun + (at / rate) * 1_000;
      const one: Promise<void> = kind
        .run(user)
        .catch((error: Error) => {
          errors++;
          if (examples.length < 5) examples.push(`${kind.name}: ${error.message}`);
        })
        .then(() => {
          times.get(kind.name)!.push(performance.now() - dueAt);
          running.delete(one);
        });
      running.add(one);
    }
    if (at < total) await sleep(1);
  }
  await Promise.all(running);
  const took = (performance.now() - begun) / 1_000;
  const all = [...times.values()].flat();
  return {
    rate,
    seconds,
    requests: total,
    achieved: Math.round(total / took),
    errors,
    examples,
    ...quantiles(all),
    max: round(all.reduce((a, b) => Math.max(a, b), 0)),
    kinds: Object.fromEntries([...times].map(([name, some]) => [name, { count: some.length, ...quantiles(some) }])),
  };
}

function quantiles(times: number[]): { p50: number; p95: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
const round = (ms: number): number => Math.round(ms * 100) / 100;

const say = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n`);
};
const line = (of: { p50: number; p95: number; p99: number }): string =>
  `p50 ${of.p50.toFixed(2)}  p95 ${of.p95.toFixed(2)}  p99 ${of.p99.toFixed(2)} ms`;
const holds = (figures: Figures): boolean =>
  figures.errors === 0 && figures.p95 < LIMIT_MS && figures.achieved >= figures.rate * 0.95;

/** Half as much again a step, then two cuts between the last that held and the first that did not. */
async function mostItHolds(users: readonly User[], from: number): Promise<Figures[]> {
  const tried: Figures[] = [];
  let held = from;
  let broke = 0;
  let rate = Math.round(from * 2);
  let cuts = 0;
  for (let step = 0; step < MOST_STEPS && cuts <= 2; step++) {
    const figures = await load(users, rate, STEP_SECONDS);
    tried.push(figures);
    say(
      `${String(rate).padStart(6)}/s for ${STEP_SECONDS} s: ${line(figures)}, ${figures.errors} errors, ${figures.achieved}/s served${holds(figures) ? '' : '  <- too much'}`,
    );
    if (holds(figures)) held = rate;
    else broke = rate;
    if (broke > 0) cuts++;
    rate = broke === 0 ? Math.round(rate * 1.5) : Math.round((held + broke) / 2);
    await sleep(500);
  }
  return tried;
}

try {
  const users = await Promise.all(Array.from({ length: Number(values.users) }, newUser));
  await load(users, 50, 2);
  say(`${users.length} users, ${cpus().length} processors, load of the machine ${loadavg()[0]!.toFixed(1)}`);
  const asked = await load(users, Number(values.rate), Number(values.seconds));
  say(
    `${asked.rate}/s for ${asked.seconds} s: ${asked.requests} requests, ${asked.errors} errors, ${line(asked)}, max ${asked.max} ms`,
  );
  for (const [name, of] of Object.entries(asked.kinds))
    say(`  ${name.padEnd(22)}${String(of.count).padStart(6)}  ${line(of)}`);
  for (const example of asked.examples) say(`  error: ${example}`);
  const steps = values['no-steps'] ? [] : await mostItHolds(users, Number(values.rate));
  const most = [asked, ...steps].filter(holds).reduce((best, one) => Math.max(best, one.rate), 0);
  const memory = Math.round(residentMiB(server.kernel.pid) ?? 0);
  if (!values['no-steps']) say(`the most with p95 < ${LIMIT_MS} ms: ${most}/s; resident then ${memory} MiB`);
  if (values.json) process.stdout.write(`${JSON.stringify({ asked, steps, most, memory })}\n`);
  for (const user of users) {
    user.agent.destroy();
    await user.socket.close();
  }
} finally {
  await server.stop();
}
