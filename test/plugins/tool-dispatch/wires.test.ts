import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Wire } from '#plugins/tool-dispatch/api';
import type { Launch } from '#plugins/tool-registry/api';
import { type Background, start } from './support/background.ts';
import { fixture, node, open, pidOf, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'wires-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

interface Way {
  readonly launch: Launch;
  readonly server?: Background;
}
const url = async (kind: 'http' | 'sse' | 'ws', script: string, args: string[]): Promise<Way> => {
  const server = await start(fixture(script), args);
  return { server, launch: { kind, url: server.address, headers: {} } };
};
const ways: Record<string, () => Promise<Way>> = {
  stdio: async () => ({ launch: node(fixture('echo.ts')) }),
  http: () => url('http', 'echo.ts', ['--http', '0']),
  sse: () => url('sse', 'echo.ts', ['--sse', '0']),
  websocket: () => url('ws', 'ws.ts', ['0']),
  unix: async () => {
    const path = join(folder(), 'echo.sock');
    return { server: await start(fixture('unix.ts'), [path]), launch: { kind: 'unix', path } };
  },
  module: async () => ({
    launch: { kind: 'module', module: join(import.meta.dirname, 'support/module.ts'), options: { greeting: 'hi' } },
  }),
};

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: calls, results and errors come through`, async () => {
    const { launch } = await way();
    const { dispatcher, registry } = await open();
    registry.register(spec('echo', { launches: [launch] }));
    await registry.ready('echo');
    const call = async (tool: string, parameters: object) =>
      dispatcher.call(registry.resolve(`echo/${tool}`), { ...parameters });
    const text = 'ü🎈\u2028"\\\n';
    expect(textOf((await call('echo', { text })).result)).toBe(text);
    expect(await Promise.all([1, 2, 3].map(async (a) => textOf((await call('add', { a, b: 1 })).result)))).toEqual([
      '2',
      '3',
      '4',
    ]);
    expect(await call('fail', { how: 'result' })).toMatchObject({ result: { isError: true } });
    await expect(call('fail', { how: 'protocol' })).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      data: { server: 'echo', rpc: { code: -32603 } },
    });
    expect(registry.observed.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'tool_error', 'error']);
    expect(registry.servers.get('echo')?.info).toMatchObject({ name: 'echo-fixture', version: '1.0.0' });
  });
}

for (const name of ['http', 'websocket', 'unix', 'sse']) {
  test(`${name}: a server that went away is found again`, async () => {
    const { launch, server } = await ways[name]!();
    const { dispatcher, registry } = await open({ backoff: { minMs: 50 }, breaker: { failures: 20 } });
    registry.register(spec('echo', { launches: [launch], timeouts: { connectMs: 3000, callMs: 8000, idleMs: 0 } }));
    await registry.ready('echo');
    const pid = await pidOf(dispatcher, registry, 'echo');
    const inFlight = dispatcher.call(registry.resolve('echo/count'), {}, {}).then(
      () => 'ok',
      ({ code }: { code: string }) => code,
    );
    const slow = dispatcher.call(
      { ...registry.resolve('echo/sleep'), definition: { name: 'sleep', inputSchema: {} } },
      { ms: 6000 },
    );
    slow.catch(() => {});
    await sleep(100);
    await server!.stop();
    await expect(slow).rejects.toMatchObject({ code: 'SERVER_LOST' });
    expect(await inFlight).toBe('ok');
    const waiting = name === 'unix' ? pidAfter() : undefined;
    const { port } = launch.kind === 'unix' ? { port: '' } : new URL((launch as { url: string }).url);
    if (name === 'unix') await start(fixture('unix.ts'), [(launch as { path: string }).path]);
    else if (name === 'websocket') await start(fixture('ws.ts'), [port]);
    else await start(fixture('echo.ts'), [`--${name}`, port]);
    if (waiting !== undefined) expect(await waiting).not.toBe(pid);
    await registry.until(() => registry.servers.get('echo')?.health.state === 'ready');
    expect(await pidAfter()).not.toBe(pid);

    async function pidAfter(): Promise<number> {
      return pidOf(dispatcher, registry, 'echo');
    }
  });
}

test('http: a forgotten session is opened anew, and the call goes through', async () => {
  const { launch, server } = await ways.http!();
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [launch] }));
  await registry.ready('echo');
  await server!.stop();
  const { port } = new URL((launch as { url: string }).url);
  await start(fixture('echo.ts'), ['--http', port]);
  expect(textOf((await dispatcher.call(registry.resolve('echo/echo'), { text: 'after' })).result)).toBe('after');
});

test('http: a server that answers the question for its era with 500 is spoken to in the old one', async () => {
  const server = await start(fixture('echo.ts'), ['--http', '0', '--probe-status', '500']);
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [{ kind: 'http', url: server.address, headers: {} }] }));
  await registry.ready('echo');
  expect(await dispatcher.eras('echo')).toEqual(['legacy']);
});

test('http: the session is ended on the server', async () => {
  const { launch } = await ways.http!();
  const { registry, stop } = await open();
  registry.register(spec('echo', { launches: [launch] }));
  await registry.ready('echo');
  const began = performance.now();
  await stop();
  expect(performance.now() - began).toBeLessThan(1500);
});

test('attached: a server that connected to us serves until its socket ends', async () => {
  const { dispatcher, registry } = await open({ backoff: { minMs: 20_000 } });
  const { createServer } = (await import('./support/module.ts')) as typeof import('./support/module.ts');
  const connectOne = async (): Promise<{ wire: Wire; drop: () => void }> => {
    let toUs: (text: string) => void = () => {};
    let gone: (why: string) => void = () => {};
    const transport = {
      onmessage: undefined as ((message: unknown) => void) | undefined,
      start: async () => {},
      send: async (message: unknown) => toUs(JSON.stringify(message)),
      close: async () => {},
    };
    await createServer({}).connect(transport as never);
    const wire: Wire = {
      send: (text) => transport.onmessage?.(JSON.parse(text)),
      onMessage: (listener) => {
        toUs = listener;
      },
      onClose: (listener) => {
        gone = listener;
      },
      close: () => {},
    };
    return { wire, drop: () => gone('socket closed') };
  };
  const first = await connectOne();
  dispatcher.attach('c1', first.wire);
  registry.register(spec('echo', { launches: [{ kind: 'attached', connection: 'c1' }] }));
  await registry.ready('echo');
  expect(textOf((await dispatcher.call(registry.resolve('echo/echo'), { text: 'here' })).result)).toBe('here');
  const asking = dispatcher.call(registry.resolve('echo/count'), {});
  await asking;
  first.drop();
  await registry.until(() => registry.servers.get('echo')?.health.state === 'failed');
  const second = await connectOne();
  const detach = dispatcher.attach('c1', second.wire);
  await registry.ready('echo');
  detach();
  await registry.until(() => registry.servers.get('echo')?.health.state === 'failed');
});

test('websocket and http: fixed headers are sent, and never told', async () => {
  const secret = 'planted-bearer-token';
  const { registry, lines } = await open();
  const launches: Launch[] = [
    { kind: 'http', url: 'http://127.0.0.1:1/mcp', headers: { Authorization: `Bearer ${secret}` } },
  ];
  registry.register(spec('dead', { launches }));
  await registry.until(() => registry.servers.get('dead')?.health.state === 'failed');
  expect(registry.servers.get('dead')?.health.error).toMatch(/ECONNREFUSED.*check that the server runs/s);
  expect(JSON.stringify([registry.healthLog, lines])).not.toContain(secret);
});
