import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOST_DIR } from '../../../kernel/resolve.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { startCollector } from './collector.ts';
import { readExposition } from './exposition.ts';

/** The whole server, looked at as Prometheus does, with a collector beside it. */
const dir = mkdtempSync(path.join(tmpdir(), 'telemetry-served-'));
let collector: Awaited<ReturnType<typeof startCollector>>;
let kernel: BootedKernel;
let origin: string;

beforeAll(async () => {
  collector = await startCollector();
  kernel = await bootKernel({
    pipeline: path.join(HOST_DIR, 'pipelines', 'server.yaml'),
    env: { PORT: '0', DATA_DIR: dir, MCP_CONFIG: path.join(dir, 'none.json') },
    drop: false,
    plugins: { telemetry: { otlp: { url: collector.url, delayMs: 20 } }, 'bundled-servers': 'off' },
  });
  origin = String(kernel.lines.find(({ msg }) => msg === 'Listening.')?.url);
}, 30_000);
afterAll(async () => {
  await kernel?.stop();
  await collector?.close();
  rmSync(dir, { recursive: true, force: true });
});

test('requests are counted by route and status, and the text can be read', async () => {
  for (let count = 0; count < 3; count += 1) await (await fetch(`${origin}/api/v1/tools/available`)).text();
  await (await fetch(`${origin}/api/v1/tools/no-such-tool/detail`)).text();
  const response = await fetch(`${origin}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const found = readExposition(await response.text());
  const requests = found.get('datapresso_http_request_seconds')!.lines.filter(({ name }) => name.endsWith('_count'));
  const of = (route: string) => requests.find(({ labels }) => labels.route === route);
  expect(of('/api/v1/tools/available')).toMatchObject({ labels: { method: 'GET', status: '200' }, value: 3 });
  expect(of('/api/v1/tools/:id/detail') ?? requests.find(({ labels }) => labels.status === '404')).toBeDefined();
  expect([...found.keys()]).toEqual(
    expect.arrayContaining(['datapresso_tool_calls_in_flight', 'datapresso_kernel_ready', 'process_cpu_seconds_total']),
  );
});

test("a request is a span of its caller's trace", async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await (await fetch(`${origin}/api/v1/tools/available`, { headers })).text();
  await expect.poll(() => collector.spans.find((span) => span.traceId === traceId)).toBeDefined();
  expect(collector.spans.find((span) => span.traceId === traceId)).toMatchObject({
    name: 'GET /api/v1/tools/available',
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'http.route': '/api/v1/tools/available' },
  });
});
