import { expect, test } from 'vitest';
import { fixture, node, open, pidOf, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const echo = (id: string, over = {}) => spec(id, { launches: [node(fixture('echo.ts'))], ...over });

test('an eager server is started, its tools are listed, and a call answers', async () => {
  const { dispatcher, registry, health } = await open();
  registry.register(echo('echo'));
  expect(health().ready).toBe(false);
  await registry.ready('echo');
  await registry.until(() => health().ready === true);
  const outcome = await dispatcher.call(registry.resolve('echo/echo'), { text: 'hi' });
  expect(textOf(outcome.result)).toBe('hi');
  expect(JSON.parse(outcome.text)).toEqual(outcome.result);
  expect(registry.observed).toMatchObject([{ tool: 'echo/echo', outcome: 'ok', resultBytes: outcome.text.length }]);
});

test('many calls at once come back each to its caller', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo'));
  await registry.ready('echo');
  const tool = registry.resolve('echo/echo');
  const texts = Array.from({ length: 300 }, (_, i) => `text ${i} ${'ü'.repeat(i)}`);
  const outcomes = await Promise.all(texts.map((text) => dispatcher.call(tool, { text })));
  expect(outcomes.map(({ result }) => textOf(result))).toEqual(texts);
});

test('a killed server fails the call in flight at once, is back within a second, and nothing else fails', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo', { timeouts: { connectMs: 8000, callMs: 30_000, idleMs: 0 } }));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  // `ask` is not idempotent, and waits for ever without somebody who answers.
  const asked = dispatcher.call(
    registry.resolve('echo/ask'),
    { message: 'name?' },
    {
      caller: { principal: 'p', peer: { request: () => new Promise(() => {}) } },
    },
  );
  const slow = dispatcher.call(registry.resolve('echo/sleep'), { ms: 400 });
  await sleep(100);
  const began = performance.now();
  process.kill(pid, 'SIGKILL');
  await expect(asked).rejects.toMatchObject({
    code: 'SERVER_LOST',
    kind: 'unavailable',
    message: expect.stringContaining('"echo"'),
  });
  expect(performance.now() - began).toBeLessThan(500);
  const next = await dispatcher.call(registry.resolve('echo/echo'), { text: 'again' });
  expect(performance.now() - began).toBeLessThan(2500);
  expect(textOf(next.result)).toBe('again');
  // Read-only: sent again on the new connection.
  expect(textOf((await slow).result)).toBe('slept 400 ms');
  expect(registry.observed.find(({ tool }) => tool === 'echo/sleep')).toMatchObject({ outcome: 'ok', attempts: 2 });
  expect(await pidOf(dispatcher, registry, 'echo')).not.toBe(pid);
});

test('a frozen server costs only its own calls', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('frozen', { timeouts: { connectMs: 8000, callMs: 400, idleMs: 0 } }));
  registry.register(echo('well'));
  await registry.ready('frozen');
  await registry.ready('well');
  const pid = await pidOf(dispatcher, registry, 'frozen');
  process.kill(pid, 'SIGSTOP');
  try {
    const stuck = dispatcher.call(registry.resolve('frozen/echo'), { text: 'x' });
    const began = performance.now();
    await dispatcher.call(registry.resolve('well/echo'), { text: 'y' });
    expect(performance.now() - began).toBeLessThan(300);
    await expect(stuck).rejects.toMatchObject({
      code: 'SERVER_TIMEOUT',
      kind: 'timeout',
      message: expect.stringContaining('"frozen"'),
    });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const after = await dispatcher.call(registry.resolve('frozen/echo'), { text: 'thawed' }, { timeoutMs: 4000 });
  expect(textOf(after.result)).toBe('thawed');
});

test('after some silent timeouts calls fail at once; a probe finds the server well again', async () => {
  const { dispatcher, registry } = await open({ breaker: { failures: 3, coolDownMs: 300 } });
  registry.register(echo('echo', { timeouts: { connectMs: 8000, callMs: 60, idleMs: 0 } }));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  const tool = registry.resolve('echo/echo');
  process.kill(pid, 'SIGSTOP');
  for (let i = 0; i < 3; i++) await dispatcher.call(tool, { text: 'x' }).catch(() => {});
  await expect(dispatcher.call(tool, { text: 'x' })).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  expect(registry.servers.get('echo')?.health).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('time out'),
  });
  process.kill(pid, 'SIGCONT');
  await registry.until(() => registry.servers.get('echo')?.health.state === 'ready');
  const outcome = await dispatcher.call(tool, { text: 'back' }, { timeoutMs: 4000 });
  expect(textOf(outcome.result)).toBe('back');
  expect(await pidOf(dispatcher, registry, 'echo')).toBe(pid);
});

test('a server that stays silent is started anew', async () => {
  const { dispatcher, registry } = await open({ breaker: { failures: 2, coolDownMs: 100 }, probeMs: 200, stopMs: 100 });
  registry.register(echo('echo', { timeouts: { connectMs: 8000, callMs: 60, idleMs: 0 } }));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  process.kill(pid, 'SIGSTOP');
  for (let i = 0; i < 2; i++) await dispatcher.call(registry.resolve('echo/echo'), { text: 'x' }).catch(() => {});
  await registry.until(() => registry.servers.get('echo')?.health.state === 'ready');
  expect(await pidOf(dispatcher, registry, 'echo')).not.toBe(pid);
});

test('what a server prints beside the protocol costs nothing', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('noisy', { launches: [node(fixture('garbage.ts'))] }));
  await registry.ready('noisy');
  expect(textOf((await dispatcher.call(registry.resolve('noisy/add'), { a: 2, b: 40 })).result)).toBe('42');
});

test('large results pass; a too large one fails alone', async () => {
  const { dispatcher, registry } = await open({ maxResultBytes: 4 * 1024 * 1024 });
  registry.register(echo('echo'));
  await registry.ready('echo');
  const big = registry.resolve('echo/big');
  const pid = await pidOf(dispatcher, registry, 'echo');
  const fits = await dispatcher.call(big, { bytes: 64 * 1024 });
  expect(String(textOf(fits.result)).length).toBe(64 * 1024);
  const [tooBig, other] = await Promise.allSettled([
    dispatcher.call(big, { bytes: 20 * 1024 * 1024 }, { timeoutMs: 20_000 }),
    dispatcher.call(registry.resolve('echo/echo'), { text: 'beside' }),
  ]);
  expect(tooBig).toMatchObject({ status: 'rejected', reason: { code: 'RESULT_TOO_LARGE', kind: 'too_large' } });
  expect(other.status).toBe('fulfilled');
  expect(await pidOf(dispatcher, registry, 'echo')).toBe(pid);
});

test('each way to fail at start is told with its reason and what to do, and the rest serve', async () => {
  const { registry, health } = await open();
  const timeouts = { connectMs: 1500, callMs: 5000, idleMs: 0 };
  const secret = 'sesame-0815';
  registry.register(spec('hang', { launches: [node(fixture('hang.ts'))], timeouts }));
  registry.register(spec('crash', { launches: [node(fixture('crash.ts'), [], { TOKEN: secret })], timeouts }));
  registry.register(spec('old-node', { launches: [node(fixture('wrong-node.ts'))], timeouts }));
  registry.register(
    spec('missing', { launches: [{ kind: 'stdio', command: 'no-such-command-here', args: [], env: {} }], timeouts }),
  );
  registry.register(
    spec('leaky', {
      launches: [node('-e', ['console.error("key is " + process.env.TOKEN); process.exit(3)'], { TOKEN: secret })],
      timeouts,
    }),
  );
  registry.register(echo('well'));
  await registry.ready('well');
  await registry.until(() => health().ready === true);
  const failed = health().detail?.failed as Record<string, string>;
  expect(Object.keys(failed).sort()).toEqual(['crash', 'hang', 'leaky', 'missing', 'old-node']);
  expect(failed.hang).toMatch(/did not answer initialize within 1500 ms/);
  expect(failed.crash).toMatch(/exited with code 1.*cannot open the database/s);
  expect(failed['old-node']).toMatch(/another version of Node/);
  expect(failed.missing).toMatch(/"no-such-command-here" was not found in PATH/);
  expect(failed.leaky).toMatch(/code 3.*key is \*\*\*/s);
  expect(JSON.stringify(registry.healthLog)).not.toContain(secret);
});

test('a server that failed to start is tried again', async () => {
  const { registry } = await open({ backoff: { minMs: 50 } });
  const launch = { kind: 'unix', path: `${(await open()).dir}/late.sock` } as const;
  registry.register(spec('late', { launches: [launch] }));
  await registry.until(() => registry.servers.get('late')?.health.state === 'failed');
  const { start } = await import('./support/background.ts');
  await start(fixture('unix.ts'), [launch.path]);
  await registry.ready('late');
});

test('a changed tool list is listed again', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo'));
  await registry.ready('echo');
  await dispatcher.call(registry.resolve('echo/change_tools'), {});
  await registry.until(() => registry.toolsById.has('echo/added_1'));
});

test('a lazy server starts with its first call and ends when nobody needs it', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo', { start: 'lazy', timeouts: { connectMs: 8000, callMs: 8000, idleMs: 200 } }));
  expect(registry.healthLog).toEqual([]);
  const tool = { ...registry.tool('echo', 'pid'), definition: { name: 'pid', inputSchema: {} } };
  const first = Number(textOf((await dispatcher.call(tool, {})).result));
  for (let i = 0; i < 10; i++) {
    await sleep(60);
    expect(Number(textOf((await dispatcher.call(tool, {})).result))).toBe(first);
  }
  await registry.until(() => !alive(first));
  const second = Number(textOf((await dispatcher.call(tool, {})).result));
  expect(second).not.toBe(first);
});

test('a server sees its own variables, and ours only where they are harmless', async () => {
  process.env.OUR_SECRET = 'planted-secret';
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'), [], { GIVEN: 'yes' })] }));
  await registry.ready('echo');
  const read = async (name: string) =>
    (await dispatcher.call(registry.resolve('echo/env'), { name })).result.structuredContent;
  expect(await read('GIVEN')).toEqual({ value: 'yes' });
  expect(await read('OUR_SECRET')).toEqual({ value: null });
  expect(await read('PATH')).toEqual({ value: process.env.PATH });
});

test('a replaced server is started anew, a removed one ends', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo'));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'), ['changed'])] }));
  await registry.until(() => !alive(pid));
  await registry.ready('echo');
  const next = await pidOf(dispatcher, registry, 'echo');
  registry.unregister('echo');
  await registry.until(() => !alive(next));
});

test('what is said about a server changes nothing of its process', async () => {
  const { dispatcher, registry } = await open();
  registry.register(echo('echo'));
  await registry.ready('echo');
  const pid = await pidOf(dispatcher, registry, 'echo');
  registry.register(echo('echo', { description: 'better', timeouts: { connectMs: 8000, callMs: 50, idleMs: 0 } }));
  await registry.ready('echo');
  expect(await pidOf(dispatcher, registry, 'echo')).toBe(pid);
  await expect(dispatcher.call(registry.resolve('echo/sleep'), { ms: 3000 })).rejects.toMatchObject({
    code: 'SERVER_TIMEOUT',
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
