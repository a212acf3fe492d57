import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gone, MAIN, PythonServer, processesWith, type Structured, sandboxMissing } from './python-server.ts';

const TOKEN = 'token-for-this-test';
const started: ChildProcess[] = [];

/** Engine cpython, or pyodide where there is no sandbox: the transport is the same. */
async function listen(env: Record<string, string> = {}): Promise<URL> {
  const engine = sandboxMissing ? 'pyodide' : 'cpython';
  const child = spawn(process.execPath, [MAIN, '--http', '0', '--engine', engine], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      const url = /listening on (\S+)/.exec(text)?.[1];
      if (url) resolve(new URL(url));
    });
    child.once('close', () => reject(new Error(text)));
  });
}

function send(url: URL, headers: Record<string, string>, body = '{}'): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

const structured = (result: unknown) => (result as { structuredContent: Structured }).structuredContent;

describe('protocol eras', () => {
  let url: URL;
  beforeAll(async () => {
    url = await listen();
  });
  afterAll(() => {
    for (const child of started) child.kill('SIGTERM');
  });

  it.each(['legacy', 'auto'] as const)('HTTP, mode %s', async (mode) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(url));
    expect(client.getProtocolEra()).toBe(mode === 'auto' ? 'modern' : 'legacy');
    expect((await client.listTools()).tools).toHaveLength(5);
    expect(structured(await client.callTool({ name: 'python_execute', arguments: { code: '6 * 7' } })).value_json).toBe(
      42,
    );
    await client.close();
  });

  it('HTTP, a client of the older SDK, with a session that outlives the connection', async () => {
    for (const [code, value] of [
      ['x = 1; x', 1],
      ['x + 1', 2],
    ] as const) {
      const client = new OldClient({ name: 'old', version: '1' });
      await client.connect(new OldTransport(url) as never);
      expect(
        structured(await client.callTool({ name: 'python_execute', arguments: { code, session_id: 'shared' } }))
          .value_json,
      ).toBe(value);
      await client.close();
    }
  });

  it.each(['legacy', 'auto'] as const)('stdio, mode %s', async (mode) => {
    const server = await new PythonServer([], {}, mode).connect();
    expect(server.client.getProtocolEra()).toBe(mode === 'auto' ? 'modern' : 'legacy');
    expect((await server.run('6 * 7')).structuredContent.value_json).toBe(42);
    await server.close();
    await server.allGone();
  });

  it('refuses foreign Host and Origin headers, and answers health', async () => {
    expect(await send(url, { host: 'evil.example' })).toBe(403);
    expect(await send(url, { origin: 'http://evil.example' })).toBe(403);
    expect(await send(new URL('/other', url), {})).toBe(404);
    expect((await fetch(new URL('/health', url))).status).toBe(200);
  });

  it.each([
    '',
    '{',
    '[]',
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}',
    `"${'x'.repeat(17 << 20)}"`,
  ])('answers a malformed body with 4xx', async (body) => {
    const status = await send(url, {}, body);
    expect(status).toBeGreaterThanOrEqual(body.includes('tools/call') ? 200 : 400);
    expect(status).toBeLessThan(500);
  });

  it.skipIf(sandboxMissing)('ends an execution whose client went away', async () => {
    const mark = 1_900_000 + (process.pid % 90_000) + 2;
    const url = await listen({ PYTHON_EXECUTOR_OUTPUT_BYTES: String(mark) });
    const abort = new AbortController();
    const params = { name: 'python_execute', arguments: { code: 'import time; time.sleep(60)' } };
    const call = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      signal: abort.signal,
    });
    await expect.poll(() => processesWith(String(mark)).length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    abort.abort();
    await expect(call).rejects.toThrow();
    await gone(() => processesWith(String(mark)));
  });

  it('asks for the token where one is set', async () => {
    const guarded = await listen({ PYTHON_EXECUTOR_TOKEN: TOKEN });
    expect(await send(guarded, {})).toBe(401);
    expect(await send(guarded, { authorization: 'Bearer wrong' })).toBe(401);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(guarded, { requestInit: { headers: { authorization: `Bearer ${TOKEN}` } } }),
    );
    expect((await client.listTools()).tools).toHaveLength(5);
    await client.close();
  });

  it('stops on SIGTERM', async () => {
    await listen();
    const child = started.at(-1)!;
    const code = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    expect(await code).toBe(0);
  });
});
