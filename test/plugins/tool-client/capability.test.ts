import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CapabilityJob, TOOL_PLANE, type ToolPlane } from '#plugins/tool-client/api';
import { Shop, startShopping } from '../../e2e/provisioned-server.ts';
import type { ServerProcess } from '../../e2e/server-process.ts';
import type { BootedKernel } from '../../support/boot-kernel.ts';
import { sandboxMissing } from '../../support/sandbox.ts';
import { bootClient } from './planes.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'capability-'));
let shop: Shop;
let server: ServerProcess;
let client: BootedKernel;
let plane: ToolPlane;

beforeAll(async () => {
  shop = await Shop.open();
  shop.publish('weaver', '1.0.0', { description: 'Weaves carpets of wool.' });
  const catalog = path.join(folder, 'catalog');
  const policy = path.join(folder, 'policy.yaml');
  // JSON is YAML.
  writeFileSync(policy, JSON.stringify({ allow: ['npm:weaver'] }));
  shop.catalog(catalog, [{ name: 'weaver', description: 'Weaves carpets of wool.', capability: 'weaving' }]);
  server = await startShopping(shop, catalog, { plugins: { policy: { file: policy } } });
  client = await bootClient(server.url, { apiKey: '' });
  plane = client.get(TOOL_PLANE);
  await plane.ready();
}, 60_000);
afterAll(async () => {
  await client?.stop();
  await server?.stop();
  await shop?.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

const noSandbox = sandboxMissing('the installation of a missing tool');

test.skipIf(noSandbox)('a missing tool is asked for, told, listed and called', { timeout: 60_000 }, async () => {
  const told: CapabilityJob['state'][] = [];
  const need = { task: 'weave a carpet of wool', capabilities: ['weaving'] };
  const { version } = plane.view;
  const job = await plane.request(need);
  plane.onJob((change) => change.id === job.id && told.push(change.state));
  expect((await plane.request(need)).id).toBe(job.id);
  let view = plane.view;
  const limit = AbortSignal.timeout(40_000);
  const isThere = () => [...view.tools.values()].some(({ capabilities }) => capabilities.includes('weaving'));
  while (!isThere()) view = await plane.changed(view.version, limit);
  expect(view.version).toBeGreaterThan(version);
  await expect.poll(async () => (await plane.job(job.id)).state, { timeout: 10_000 }).toBe('done');
  const { tools } = await plane.job(job.id);
  const name = [...view.tools.values()].find(({ id }) => tools.includes(id))?.name;
  expect(await plane.call(name!, {}, { signal: limit })).toMatchObject({
    isError: false,
    text: expect.stringContaining('weaver done'),
  });
  expect(told.at(-1)).toBe('done');
});

test('what nobody offers fails with a reason', { timeout: 40_000 }, async () => {
  const job = await plane.request({ task: 'teleport a cow to the moon', capabilities: ['teleportation'] });
  await expect.poll(async () => (await plane.job(job.id)).state, { timeout: 20_000 }).toBe('failed');
  expect((await plane.job(job.id)).error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
});

test('faults of the server are faults here', async () => {
  await expect(plane.job('no-such-job')).rejects.toMatchObject({ code: 'JOB_UNKNOWN', kind: 'not_found' });
  await expect(plane.request({ task: ' ', capabilities: [] })).rejects.toMatchObject({
    code: 'CAPABILITY_REQUEST_INVALID',
  });
});
