import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { expect, test } from 'vitest';
import { type BootedToolApi, bootToolApi, echoEntry } from './boot-tool-api.ts';
import { SocketClient } from './event-client.ts';

const CALLERS = 16;
const SWAPS = 6;

/** Saves the pipeline with other options, and waits until the plugin runs with them. */
async function reconfigure(api: BootedToolApi, plugin: string, options: object): Promise<void> {
  const pipeline = JSON.parse(readFileSync(api.kernel.file, 'utf8')) as { plugins: Record<string, object> };
  pipeline.plugins[plugin] = { ...pipeline.plugins[plugin], ...options };
  const reloads = () => api.kernel.status().plugins.find(({ id }) => id === plugin)!.reloads;
  const before = reloads();
  writeFileSync(api.kernel.file, JSON.stringify(pipeline));
  await expect.poll(reloads, { timeout: 10_000 }).toBe(before + 1);
}

test('swaps of the APIs under callers leave no request without its answer', { timeout: 60_000 }, async () => {
  const api = await bootToolApi({ servers: { echo: echoEntry }, watch: true, plugins: { 'mcp-endpoint': {} } });
  await api.kernel.watching();
  const agent = new Agent({ keepAlive: true });
  const post = (path: string, body: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const sending = send({ host: '127.0.0.1', port: api.port, path, method: 'POST', headers, agent });
      sending.once('error', reject);
      sending.once('response', (response) => {
        response.resume().once('end', () => resolve(response.statusCode!));
      });
      sending.end(JSON.stringify(body));
    });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const asks = [
    () => post('/api/v1/tools/execute/echo/add', { parameters: { a: 1, b: 2 } }),
    () => post('/mcp', { jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  ];
  let done = false;
  const statuses = new Map<number | string, number>();
  const callers = Array.from({ length: CALLERS }, async (_, at) => {
    while (!done) {
      const status = await asks[at % 2]!().catch((error: Error) => error.message);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  for (let swap = 1; swap <= SWAPS; swap++)
    if (swap % 2 === 0) await reconfigure(api, 'tool-api', { maxCallMs: 10_000 + swap });
    else await reconfigure(api, 'mcp-endpoint', { cacheMs: 1_000 + swap });
  done = true;
  await Promise.all(callers);
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(SWAPS * CALLERS);
  await api.stop();
});

test('a listener that reconnects after a swap gets what it missed', async () => {
  const api = await bootToolApi({ watch: true });
  await api.kernel.watching();
  const before = await SocketClient.open(api.port);
  const { seq } = await before.next('hello');
  const closed = before.closed();
  api.registry.register({
    id: 'meanwhile',
    launches: [{ kind: 'http', url: 'http://127.0.0.1:9/mcp', headers: {} }],
    start: 'lazy',
    connection: 'shared',
    pool: { warm: 0, max: 1 },
    protocol: 'auto',
    timeouts: { connectMs: 1_000, callMs: 1_000, idleMs: 0 },
    owner: 'test',
  });
  await reconfigure(api, 'tool-api', { maxCallMs: 12_345 });
  expect((await closed).code).toBe(1001);
  const after = await SocketClient.open(api.port);
  expect(await after.ask({ type: 'subscribe', since: seq })).toMatchObject({ type: 'subscribed' });
  expect(await after.next('tool_installed')).toMatchObject({ tool_id: 'meanwhile' });
  await after.close();
  await api.stop();
});
