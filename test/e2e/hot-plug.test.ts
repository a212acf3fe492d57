import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startToolServer, type ToolServer } from './tool-server.ts';

const HELLO = resolve(import.meta.dirname, '../fixtures/plugins/hello-tool');
const CALLERS = 64;

let server: ToolServer;
let folder: string;
let source: string;
const told: { type: string; tool_id?: string }[] = [];
const listChanged: number[] = [];
let socket: WebSocket;
let stream: AbortController;

beforeAll(async () => {
  server = await startToolServer({}, {}, { watch: true });
  folder = join(server.dir, 'plugins/hello-tool');
  source = readFileSync(join(HELLO, 'index.ts'), 'utf8');
  mkdirSync(join(server.dir, 'plugins'), { recursive: true });
  await server.ready();
  socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/events/tools`);
  socket.addEventListener('message', ({ data }) => told.push(JSON.parse(String(data))));
  await new Promise((open) => socket.addEventListener('open', open, { once: true }));
  stream = await listenAsLegacyClient();
});
afterAll(async () => {
  stream?.abort();
  socket?.close();
  await server?.stop();
});

async function listenAsLegacyClient(): Promise<AbortController> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'e2e', version: '0' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  const hello = await fetch(`${server.url}/mcp`, { method: 'POST', headers, body });
  await hello.text();
  const session = { ...headers, 'mcp-session-id': hello.headers.get('mcp-session-id')! };
  const end = new AbortController();
  const response = await fetch(`${server.url}/mcp`, { headers: session, signal: end.signal });
  void (async () => {
    for await (const chunk of response.body!) {
      if (Buffer.from(chunk).includes('notifications/tools/list_changed')) listChanged.push(performance.now());
    }
  })().catch(() => undefined);
  return end;
}

async function call(name: string): Promise<{ status: number; output: unknown }> {
  const response = await fetch(`${server.url}/api/v1/tools/execute/hello-tool/hello`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ parameters: { name } }),
  });
  const { output } = (await response.json()) as { output?: unknown };
  return { status: response.status, output };
}
const says = async (text: string): Promise<boolean> => (await call('Ada')).output === text;

async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 5_000): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > ms) throw new Error(`${what}: not in ${ms} ms`);
    await sleep(5);
  }
  return performance.now() - started;
}

const logged = (part: string) => server.kernel.lines().filter(({ msg }) => msg.includes(part));
const write = (text: string) => writeFileSync(join(folder, 'index.ts'), text);
const greeting = (word: string) => source.replace('`hello ', `\`${word} `);

describe('a plugin folder', () => {
  it('dropped: listed, callable and announced within a second', async () => {
    told.length = listChanged.length = 0;
    const dropped = performance.now();
    cpSync(HELLO, folder, { recursive: true });
    await until('callable', () => says('hello Ada'));
    const ms = performance.now() - dropped;
    await until(
      'told on the socket',
      () => told.some(({ type, tool_id }) => type === 'tool_installed' && tool_id === 'hello-tool'),
      1_000,
    );
    await until('list_changed', () => listChanged.length > 0, 1_000);
    const { body } = await server.json('/api/v1/tools/available');
    expect(JSON.stringify(body)).toContain('hello-tool/hello');
    console.log(
      `dropped to callable: ${ms.toFixed(0)} ms; list_changed after ${(listChanged[0]! - dropped).toFixed(0)} ms`,
    );
    expect(ms).toBeLessThan(1_000);
  });

  it('edited, broken in four ways, mended and removed under 64 callers: no call fails', async () => {
    const failed: string[] = [];
    const heard = new Map<unknown, number>();
    let calls = 0;
    let going = true;
    const callers = Array.from({ length: CALLERS }, async () => {
      while (going) {
        const { status, output } = await call('Ada').catch((error: Error) => ({ status: 0, output: error.message }));
        calls++;
        if (status === 200) heard.set(output, (heard.get(output) ?? 0) + 1);
        else failed.push(`${status} ${output}`);
      }
    });

    await until('calls of the first version', () => heard.has('hello Ada'));
    write(greeting('hallo'));
    const ms = await until('the edited version', () => heard.has('hallo Ada'));
    const bad = {
      'a syntax error': `${greeting('syntax')}\nconst = ;`,
      'a throwing start': greeting('throws').replace(
        'create: () => ({',
        'create: () => ({ start() { throw new Error("no start today"); },',
      ),
      'a config that is none': greeting('config').replace('z.strictObject({', 'z.strictObject({ needed: z.string(),'),
      'a hanging start': greeting('hangs').replace(
        'create: () => ({',
        'create: () => ({ start: () => new Promise(() => {}),',
      ),
    };
    for (const [what, text] of Object.entries(bad)) {
      expect(text, what).not.toBe(greeting('hallo'));
      const before = logged('SWAP_KEPT').length;
      write(text);
      await until(`${what}: one log line`, () => logged('SWAP_KEPT').length > before, 15_000);
      expect(await says('hallo Ada'), what).toBe(true);
    }
    write(greeting('ciao'));
    await until('the mended version', () => heard.has('ciao Ada'));
    going = false;
    await Promise.all(callers);
    console.log(
      `${calls} calls by ${CALLERS} callers, ${failed.length} failed; edit to new behaviour ${ms.toFixed(0)} ms`,
    );
    expect(failed).toEqual([]);
    expect([...heard.keys()].sort()).toEqual(['ciao Ada', 'hallo Ada', 'hello Ada']);
    expect(logged('SWAP_KEPT')).toHaveLength(4);

    told.length = 0;
    rmSync(folder, { recursive: true });
    await until('gone', async () => (await call('Ada')).status === 404);
    await until('told', () => told.some(({ type }) => type === 'tool_uninstalled'), 1_000);
    expect(JSON.stringify((await server.json('/kernel/status')).body)).not.toContain('hello-tool');
  }, 60_000);
});
