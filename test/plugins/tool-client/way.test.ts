import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { type PlaneCall, TOOL_PLANE, type ToolPlane, type ToolView } from '#plugins/tool-client/api';
import type { BootedKernel } from '../../support/boot-kernel.ts';
import { freePort } from '../../support/free-port.ts';
import { fixtureCalls } from './fixture-calls.ts';
import { FlakyProxy } from './flaky-proxy.ts';
import { type BootedPlane, bootClient, bootLocal, bootRemote, definition, listedServer } from './planes.ts';

const never = new AbortController().signal;
const CALL: PlaneCall = { signal: never };
let server: BootedPlane;
beforeAll(async () => {
  server = await bootRemote();
});
afterAll(() => server.stop());
const portOf = (kernel: BootedKernel): number => kernel.get(HTTP_SERVER).address.port;
let made = 0;
const newId = (): string => `way-${process.pid}-${++made}`;
const runs = (id: string): number => fixtureCalls.runs.get(id) ?? 0;

async function through(
  client: object,
  use: (plane: ToolPlane, proxy: FlakyProxy, kernel: BootedKernel) => Promise<void>,
) {
  const proxy = new FlakyProxy(portOf(server.server));
  await proxy.up();
  const kernel = await bootClient(proxy.url, client);
  try {
    await kernel.get(TOOL_PLANE).ready();
    await use(kernel.get(TOOL_PLANE), proxy, kernel);
  } finally {
    await kernel.stop();
    await proxy.down();
  }
}

/** The first view with this tool. */
async function withTool(plane: ToolPlane, name: string, ms = 5_000): Promise<ToolView> {
  const limit = AbortSignal.timeout(ms);
  let { view } = plane;
  while (!view.tools.has(name)) view = await plane.changed(view.version, limit);
  return view;
}

describe('the event socket', () => {
  test('that has silently died is found out and opened again', async () => {
    await through({ events: { heartbeatMs: 60, pollMs: 50 }, requestMs: 200 }, async (plane, proxy) => {
      proxy.isBlackHole = true;
      const name = newId();
      const waiting = withTool(plane, `${name}__go`);
      server.registry.register(listedServer(name, [definition('go')]));
      await sleep(400);
      proxy.isBlackHole = false;
      expect((await waiting).tools.has(`${name}__go`)).toBe(true);
    });
  });

  test.each([1, 3, 1_000])('is read from pieces of %i bytes', async (pieces) => {
    await through({}, async (plane, proxy) => {
      proxy.pieces = pieces;
      proxy.drop();
      const name = newId();
      // One event with a name of every tool: a long frame.
      const tools = Array.from({ length: 400 }, (_, at) => definition(`tool_${at}`));
      server.registry.register(listedServer(name, tools));
      expect((await withTool(plane, `${name}__tool_399`)).tools.get(`${name}__tool_0`)?.description).toBe(
        'does tool_0',
      );
      server.registry.unregister(name);
      const limit = AbortSignal.timeout(5_000);
      while (plane.view.tools.has(`${name}__tool_0`)) await plane.changed(plane.view.version, limit);
    });
  });
});

describe('a call over a way that breaks', () => {
  test('runs once with a key, and its outcome arrives when the way is up again', async () => {
    await through({}, async (plane, proxy) => {
      const id = newId();
      const calling = plane.call('fix__hold', { id }, { ...CALL, key: id });
      await expect.poll(() => runs(id)).toBe(1);
      await proxy.down();
      fixtureCalls.release();
      await sleep(200);
      await proxy.up();
      expect(await calling).toMatchObject({ isError: false, text: 'run 1' });
      expect(runs(id)).toBe(1);
    });
  });

  test('is uncertain without one, at once', async () => {
    await through({ retryMs: 60_000 }, async (plane, proxy) => {
      const id = newId();
      const calling = plane.call('fix__hold', { id }, CALL);
      await expect.poll(() => runs(id)).toBe(1);
      proxy.drop();
      expect(await calling).toMatchObject({ isError: true, code: 'CALL_UNCERTAIN', isInfrastructure: true });
      expect(runs(id)).toBe(1);
    });
  });

  test('is sent again without one where the tool changes nothing, or nothing was sent', async () => {
    await through({}, async (plane, proxy) => {
      const id = newId();
      proxy.pieces = 0;
      await proxy.down();
      const calls = [plane.call('fix__look', { id }, CALL), plane.call('fix__count', { id: `${id}-c` }, CALL)];
      await sleep(150);
      await proxy.up();
      expect(await Promise.all(calls)).toMatchObject([{ isError: false }, { isError: false, text: 'run 1' }]);
    });
  });

  test('gives up after retryMs', async () => {
    await through({ retryMs: 200 }, async (plane, proxy) => {
      await proxy.down();
      for (const key of [undefined, newId()]) {
        const options = key === undefined ? CALL : { ...CALL, key };
        const outcome = await plane.call('fix__count', { id: 'x' }, options);
        expect(outcome).toMatchObject({ isError: true, code: 'PLANE_UNREACHABLE', isInfrastructure: true });
      }
      await expect(plane.request({ task: 'x', capabilities: [] })).rejects.toMatchObject({ code: 'PLANE_UNREACHABLE' });
    });
  });

  test('of a tool that is too much for maxResponseBytes is no fault of the way', async () => {
    await through({ maxResponseBytes: 65_536 }, async (plane) => {
      const outcome = await plane.call('fix__big', { bytes: 100_000 }, CALL);
      expect(outcome).toMatchObject({ isError: true, code: 'RESULT_TOO_LARGE' });
      expect(outcome.isInfrastructure).toBeUndefined();
    });
  });
});

describe('ready', () => {
  test('waits for a server that comes later, and does not hold up the start', async () => {
    const proxy = new FlakyProxy(portOf(server.server));
    await proxy.up();
    await proxy.down();
    const kernel = await bootClient(proxy.url);
    const plane = kernel.get(TOOL_PLANE);
    expect(plane.view).toMatchObject({ version: 0 });
    const calling = plane.call('fix__say', { text: 'early' }, CALL);
    const waiting = plane.ready();
    await sleep(300);
    await proxy.up();
    expect((await waiting).tools.has('fix__say')).toBe(true);
    expect(await calling).toMatchObject({ text: 'early' });
    await kernel.stop();
    await proxy.down();
  });

  test('gives up after waitMs and says why', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const kernel = await bootClient(url, { waitMs: 200 });
    const plane = kernel.get(TOOL_PLANE);
    await expect(plane.ready()).rejects.toMatchObject({
      code: 'PLANE_UNREACHABLE',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
    await expect(plane.ready(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(await plane.call('fix__say', {}, CALL)).toMatchObject({ code: 'PLANE_UNREACHABLE', isInfrastructure: true });
    await kernel.stop();
  });

  test('does not take just anything for a tool server', async () => {
    const other = createServer((_, response) => void response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const kernel = await bootClient(`http://127.0.0.1:${(other.address() as AddressInfo).port}`, { waitMs: 300 });
    await expect(kernel.get(TOOL_PLANE).ready()).rejects.toMatchObject({ code: 'PLANE_UNREACHABLE' });
    await kernel.stop();
    await new Promise((resolve) => other.close(resolve));
  });

  test('names the refusal where the key is wrong, and nobody names the key', async () => {
    const apiKey = 'wrong-key-that-nobody-knows';
    const kernel = await bootClient(server.server.get(HTTP_SERVER).address.url, { apiKey, waitMs: 300 });
    const error = await kernel
      .get(TOOL_PLANE)
      .ready()
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'PLANE_UNREACHABLE' });
    expect(String(error)).toMatch(/401|credentials|key/i);
    const told = JSON.stringify([kernel.lines, kernel.status(), String(error)]);
    expect(told).not.toContain(apiKey);
    await kernel.stop();
  });
});

describe.each([
  ['remote', bootRemote],
  ['local', bootLocal],
])('a swap of the %s plugin', (_, boot) => {
  test('keeps versions, listeners and waits', async () => {
    const booted = await boot({ watch: true });
    const { plane, client, registry } = booted;
    await client.watching();
    await plane.ready();
    registry.register(listedServer('first', [definition('go')]));
    await withTool(plane, 'first__go');
    const versions: number[] = [];
    plane.onChange(({ version }) => versions.push(version));
    const { version } = plane.view;
    const waiting = withTool(plane, 'second__go', 15_000);
    const pipeline = JSON.parse(readFileSync(client.file, 'utf8')) as { plugins: Record<string, object> };
    pipeline.plugins['tool-client'] = { ...pipeline.plugins['tool-client'], callMs: 50_000 };
    writeFileSync(client.file, JSON.stringify(pipeline));
    const plugin = () => client.status().plugins.find(({ id }) => id === 'tool-client')!;
    await expect.poll(() => plugin().reloads, { timeout: 10_000 }).toBe(1);
    expect(plane.view.version).toBeGreaterThanOrEqual(version);
    registry.register(listedServer('second', [definition('go')]));
    await waiting;
    await withTool(plane, 'second__go');
    await expect.poll(() => versions).toEqual([version + 1]);
    expect(plane.view.version).toBe(version + 1);
    await booted.stop();
  });
});

test('what ends leaves no wait behind', async () => {
  const kernel = await bootClient(server.server.get(HTTP_SERVER).address.url);
  const plane = kernel.get(TOOL_PLANE);
  const { version } = await plane.ready();
  const waiting = plane.changed(version, never);
  await kernel.stop();
  expect((await waiting).version).toBe(version);
}, 20_000);
