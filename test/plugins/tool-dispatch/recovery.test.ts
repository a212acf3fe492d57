import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, node, open, pidOf, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const timeouts = { connectMs: 8000, callMs: 8000, idleMs: 0 };

test('a server that keeps dying is given up after some failures, and calls say why at once', async () => {
  const { dispatcher, registry } = await open({
    breaker: { failures: 3 },
    backoff: { minMs: 100, maxMs: 60_000, stableMs: 5000 },
  });
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  await registry.ready('echo');
  const exit = registry.resolve('echo/exit');
  for (let crash = 1; crash <= 3; crash++) {
    await expect(dispatcher.call(exit, { code: crash })).rejects.toMatchObject({ code: 'SERVER_LOST' });
  }
  const began = performance.now();
  const refused = await dispatcher.call(registry.resolve('echo/echo'), { text: 'x' }).catch((error: unknown) => error);
  expect(performance.now() - began).toBeLessThan(100);
  expect(refused).toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: expect.stringMatching(/"echo".*exited with code 3/),
    hint: expect.stringMatching(/tried again in \d+ s/),
  });
  expect(registry.servers.get('echo')?.health.state).toBe('failed');
  // It is not forgotten: the next attempt finds it well.
  await registry.ready('echo');
  expect(textOf((await dispatcher.call(registry.resolve('echo/echo'), { text: 'well' })).result)).toBe('well');
});

test('calls that come while a lost server is started again wait for it', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  await registry.ready('echo');
  process.kill(await pidOf(dispatcher, registry, 'echo'), 'SIGKILL');
  await registry.until(() => registry.servers.get('echo')?.health.state !== 'ready');
  const counted = Array.from({ length: 20 }, () => dispatcher.call(registry.resolve('echo/count'), {}));
  const counts = (await Promise.all(counted)).map(
    ({ result }) => (result.structuredContent as { count: number }).count,
  );
  // Not one call was sent twice.
  expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test('a call without retry consent of its tool is never sent twice', async () => {
  const { dispatcher, registry } = await open({ retry: true });
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  await registry.ready('echo');
  await expect(dispatcher.call(registry.resolve('echo/exit'), { code: 0 })).rejects.toMatchObject({
    code: 'SERVER_LOST',
  });
  expect(registry.observed.at(-1)).toMatchObject({ attempts: 1 });
});

test('one line says that a server is ready, and one that it is so again', async () => {
  const { dispatcher, registry, lines } = await open({ backoff: { minMs: 50 } });
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  await registry.ready('echo');
  const told = (): string[] => lines.filter((line) => line.startsWith('info a server is ready'));
  await registry.until(() => told().length === 1);
  const tools = registry.servers.get('echo')?.tools.length;
  const says = (again: string): RegExp =>
    new RegExp(
      `^info a server is ready${again} \\{"server":"echo","ms":\\d+,"tools":${tools},"protocol":"2025-11-25"\\}$`,
    );
  expect(told()[0]).toMatch(says(''));
  await dispatcher.call(registry.resolve('echo/change_tools'), {});
  await expect(dispatcher.call(registry.resolve('echo/exit'), { code: 1 })).rejects.toMatchObject({
    code: 'SERVER_LOST',
  });
  await registry.until(() => told().length === 2);
  expect(told()[1]).toMatch(/^info a server is ready again /);
});

test('a server that closes its output alone is lost with all that it started, and started again', async () => {
  const { registry, dir, lines } = await open({ backoff: { minMs: 50 }, stopMs: 100 });
  const [script, started] = [join(dir, 'mute.mjs'), join(dir, 'started')];
  // The first one answers the handshake, then closes stdout but lives on, as its child does. The next one is well.
  writeFileSync(
    script,
    `import { spawn } from 'node:child_process';
    import { appendFileSync, closeSync, existsSync } from 'node:fs';
    const first = !existsSync(${JSON.stringify(started)});
    const { pid } = spawn('sleep', ['60'], { stdio: 'ignore' });
    appendFileSync(${JSON.stringify(started)}, process.pid + ' ' + pid + '\\n');
    process.stdin.once('data', () => {
      const serverInfo = { name: 'mute', version: '1' };
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 1, result }) + '\\n', () => first && closeSync(1));
    });
    setTimeout(() => {}, 60_000);`,
  );
  registry.register(spec('mute', { launches: [node(script)], timeouts }));
  const pids = (): number[] => readFileSync(started, 'utf8').match(/\d+/g)!.map(Number);
  await registry.until(() => lines.some((line) => line.includes('it closed its output')));
  await registry.until(() => existsSync(started) && pids().length === 4);
  const [server, child] = pids();
  await registry.until(() => !existsSync(`/proc/${server}`) && !existsSync(`/proc/${child}`));
  await registry.until(() => registry.servers.get('mute')?.health.state === 'ready');
});

test('a server that closes its input is lost, and started again', async () => {
  const { registry, dir, dispatcher } = await open({ backoff: { minMs: 50 } });
  const script = join(dir, 'deaf.mjs');
  // Answers the handshake, then closes stdin but lives on.
  writeFileSync(
    script,
    `import { closeSync } from 'node:fs';
    process.stdin.once('data', () => {
      const serverInfo = { name: 'deaf', version: '1' };
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 1, result }) + '\\n', () => {
        process.stdin.destroy();
        closeSync(0);
        setTimeout(() => {}, 60_000);
      });
    });`,
  );
  registry.register(spec('deaf', { launches: [node(script)], timeouts }));
  await registry.until(() => registry.servers.get('deaf')?.health.state === 'ready');
  await sleep(200);
  const began = performance.now();
  await expect(dispatcher.call(registry.tool('deaf', 'any'), {})).rejects.toMatchObject({
    code: 'SERVER_LOST',
    message: expect.stringContaining('closed its input'),
  });
  expect(performance.now() - began).toBeLessThan(1000);
  await registry.until(() => registry.servers.get('deaf')?.health.state === 'ready');
});

test('what waits for a server that does not read has a limit', async () => {
  const { dispatcher, registry } = await open({ maxQueueBytes: 256 * 1024, stopMs: 100 });
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  process.kill(pid, 'SIGSTOP');
  const text = 'x'.repeat(50_000);
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 20; i++) {
    calls.push(
      dispatcher
        .call(registry.resolve('echo/echo'), { text }, { timeoutMs: 4000 })
        .then(textOfOutcome, (error: unknown) => error),
    );
    await sleep(1);
  }
  const refused = await Promise.any(
    calls.map(async (call) => ((await call) instanceof Error ? call : Promise.reject(new Error('fine')))),
  );
  expect(refused).toMatchObject({ code: 'SERVER_UNAVAILABLE', message: expect.stringContaining('does not read') });
  process.kill(pid, 'SIGCONT');
  const ended = await Promise.all(calls);
  expect(ended.filter((one) => one === text).length).toBeGreaterThan(3);
});

const textOfOutcome = ({ result }: { result: Parameters<typeof textOf>[0] }): unknown => textOf(result);
