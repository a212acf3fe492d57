import { expect, test } from 'vitest';
import type { ServerSpec } from '#plugins/tool-registry/api';
import { caller, fixture, node, type Opened, open, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const echo = (over: Partial<ServerSpec>) =>
  spec('echo', {
    launches: [node(fixture('echo.ts'))],
    timeouts: { connectMs: 8000, callMs: 8000, idleMs: 0 },
    ...over,
  });

const pid = async ({ dispatcher, registry }: Opened, session: string, principal = 'p'): Promise<number> =>
  Number(
    textOf(
      (await dispatcher.call(registry.resolve('echo/pid'), {}, { caller: caller({ session, principal }) })).result,
    ),
  );

const alive = (id: number): boolean => {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
};

test('each session has its own process, which ends with it', async () => {
  const all = await open();
  all.registry.register(echo({ connection: 'session', pool: { warm: 1, max: 4 } }));
  await all.registry.ready('echo');
  const [a, b] = [await pid(all, 'a'), await pid(all, 'b')];
  expect(a).not.toBe(b);
  expect(await pid(all, 'a')).toBe(a);
  all.dispatcher.endSession('a');
  await all.registry.until(() => !alive(a));
  expect(await pid(all, 'b')).toBe(b);
  expect(await pid(all, 'a')).not.toBe(a);
});

test('each user has its own process, over all of its sessions', async () => {
  const all = await open();
  all.registry.register(echo({ connection: 'user' }));
  await all.registry.ready('echo');
  const ada = await pid(all, 's1', 'ada');
  expect(await pid(all, 's2', 'ada')).toBe(ada);
  expect(await pid(all, 's1', 'bob')).not.toBe(ada);
});

test('a warm connection makes the first call of a session quick', async () => {
  const all = await open();
  all.registry.register(echo({ connection: 'session', pool: { warm: 1, max: 4 } }));
  await all.registry.ready('echo');
  const began = performance.now();
  await pid(all, 'first');
  expect(performance.now() - began).toBeLessThan(100);
});

test('a full pool gives the place of the quietest session away, and says so where all are busy', async () => {
  const all = await open();
  all.registry.register(echo({ connection: 'session', pool: { warm: 0, max: 2 } }));
  await all.registry.ready('echo');
  const a = await pid(all, 'a');
  await sleep(5);
  const b = await pid(all, 'b');
  const c = await pid(all, 'c');
  await all.registry.until(() => !alive(a));
  expect(await pid(all, 'b')).toBe(b);
  const { dispatcher, registry } = all;
  const busy = ['b', 'c'].map((session) =>
    dispatcher.call(registry.resolve('echo/sleep'), { ms: 500 }, { caller: caller({ session }) }),
  );
  await expect(pid(all, 'd')).rejects.toMatchObject({
    code: 'POOL_FULL',
    kind: 'unavailable',
    message: expect.stringContaining('"echo"'),
  });
  await Promise.all(busy);
  expect(await pid(all, 'c')).toBe(c);
});

test('who opens many sessions gives up own ones, and nobody else does', async () => {
  const all = await open({ poolShare: 1 });
  all.registry.register(echo({ connection: 'session', pool: { warm: 0, max: 3 } }));
  await all.registry.ready('echo');
  const bob = await pid(all, 'b1', 'bob');
  await sleep(5);
  for (let at = 0; at < 4; at++) await pid(all, `a${at}`, 'ada');
  expect(await pid(all, 'b1', 'bob')).toBe(bob);
  // Ada has two places, and Cid none: one of hers is free for him.
  const cid = await pid(all, 'c1', 'cid');
  expect(await pid(all, 'b1', 'bob')).toBe(bob);
  for (let at = 0; at < 3; at++) await pid(all, `a${at}`, 'ada');
  expect([await pid(all, 'b1', 'bob'), await pid(all, 'c1', 'cid')]).toEqual([bob, cid]);
});

test('busy sessions of one principal leave room for others', async () => {
  const all = await open({ poolShare: 0.5 });
  const { dispatcher, registry } = all;
  registry.register(echo({ connection: 'session', pool: { warm: 0, max: 4 } }));
  await registry.ready('echo');
  await pid(all, 'b1', 'bob');
  const busy = ['a1', 'a2'].map((session) =>
    dispatcher.call(registry.resolve('echo/sleep'), { ms: 1500 }, { caller: caller({ session, principal: 'ada' }) }),
  );
  await expect(pid(all, 'a3', 'ada')).rejects.toMatchObject({
    code: 'POOL_SHARE_FULL',
    kind: 'unavailable',
    message: expect.stringContaining('2 of the 4 connections of server "echo"'),
  });
  await pid(all, 'c1', 'cid');
  await Promise.all(busy);
  await pid(all, 'a3', 'ada');
});

test('a session that says nothing for long loses its connection', async () => {
  const all = await open();
  all.registry.register(echo({ connection: 'session', timeouts: { connectMs: 8000, callMs: 8000, idleMs: 300 } }));
  await all.registry.ready('echo');
  const a = await pid(all, 'a');
  await all.registry.until(() => !alive(a));
  expect(all.registry.servers.get('echo')?.health.state).not.toBe('failed');
});

test('replicas share the load, and one that dies costs nothing', async () => {
  const all = await open({ backoff: { minMs: 30_000 } });
  const { dispatcher, registry } = all;
  const launches = [1, 2, 3].map((replica) => node(fixture('echo.ts'), [`${replica}`]));
  registry.register(echo({ launches }));
  await registry.ready('echo');
  const tool = registry.resolve('echo/pid');
  const seen = async (): Promise<Set<unknown>> =>
    new Set(
      (await Promise.all(Array.from({ length: 30 }, () => dispatcher.call(tool, {})))).map(({ result }) =>
        textOf(result),
      ),
    );
  let pids = await seen();
  for (let i = 0; i < 50 && pids.size < 3; i++) {
    await sleep(50);
    pids = await seen();
  }
  expect(pids.size).toBe(3);
  const victim = Number([...pids][0]);
  const working = Array.from({ length: 9 }, () => dispatcher.call(registry.resolve('echo/sleep'), { ms: 300 }));
  await sleep(50);
  process.kill(victim, 'SIGKILL');
  const began = performance.now();
  await Promise.all(working);
  await Promise.all(Array.from({ length: 20 }, () => dispatcher.call(registry.resolve('echo/echo'), { text: 'x' })));
  expect(performance.now() - began).toBeLessThan(1500);
  expect(registry.servers.get('echo')?.health.state).toBe('ready');
});

test('with one replica broken from the start the other serves', async () => {
  const { dispatcher, registry, health } = await open();
  registry.register(echo({ launches: [node(fixture('crash.ts')), node(fixture('echo.ts'))] }));
  await registry.ready('echo');
  await registry.until(() => health().ready === true);
  for (let i = 0; i < 10; i++)
    expect(textOf((await dispatcher.call(registry.resolve('echo/echo'), { text: `${i}` })).result)).toBe(`${i}`);
});
