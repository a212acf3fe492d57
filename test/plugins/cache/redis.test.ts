import { hash } from 'node:crypto';
import { createServer } from 'node:net';
import { createClient } from '@keyv/redis';
import { expect } from 'vitest';
import { type Config, openBench, source, until, withRedis } from './open-cache.ts';

const { open } = openBench();
const { redis, on } = withRedis();
const GITHUB = 'tool_discovery:github_api';
const AWAY = 'Redis does not answer: the cache goes on without it';
const BACK = 'Redis answers again';

const shared = (more: { timeoutMs?: number; connectMs?: number; url?: string } = {}): Config => ({
  redis: { url: redis().url, timeoutMs: 1_000, retryMs: 20, ...more },
  spaces: { far: { layers: ['redis'] }, near: { layers: ['memory', 'redis'] } },
});
const clientOf = () => createClient({ url: redis().url });
const command = async <T>(work: (client: ReturnType<typeof clientOf>) => Promise<T>): Promise<T> => {
  const client = clientOf();
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
};

on('Redis has the keys of the seeds, their times, and nothing without an end', async () => {
  const { cache } = await open(shared());
  await cache.space(GITHUB).set('9f86d081', { stars: 3 }, { tags: ['capability:pdf'] });
  await cache.space('far').set('for good', 1, { ttlMs: 0 });
  const keys = await command((client) => client.sendCommand(['KEYS', '*']));
  expect(keys).toEqual(expect.arrayContaining(['tool_discovery:github_api:9f86d081', 'tool_cache:tags']));
  const ttl = Number(await command((client) => client.sendCommand(['PTTL', 'tool_discovery:github_api:9f86d081'])));
  // An hour, and the day in which it may be given while GitHub is away.
  expect(ttl).toBeGreaterThan(3_600_000 + 86_400_000 - 60_000);
  expect(ttl).toBeLessThanOrEqual(3_600_000 + 86_400_000);
  expect(Number(await command((client) => client.sendCommand(['PTTL', keyOf('for good')])))).toBeGreaterThan(0);
});
const keyOf = (key: string): string => (key === 'for good' ? 'far:' : '') + shaOf(key);
const shaOf = (key: string): string => `sha256:${hash('sha256', key)}`;

on('servers share values and invalidations, each with a database of its own', async () => {
  const one = await open(shared());
  const two = await open(shared(), { ownDatabase: true });
  const { compute, asked } = source((n) => n, ['t']);
  expect(await one.cache.space('near').through('k', compute)).toMatchObject({ value: 1, hit: false });
  expect(await two.cache.space('near').through('k', compute)).toMatchObject({ value: 1, hit: true });
  await one.cache.invalidate('t');
  expect(await two.cache.space('near').get('k')).toBeUndefined();
  expect(await one.cache.space('near').through('k', compute)).toMatchObject({ value: 2, hit: false });
  expect(await two.cache.space('near').through('k', compute)).toMatchObject({ value: 2, hit: true });
  await two.cache.space('near').clear();
  expect(await one.cache.space('near').get('k')).toBeUndefined();
  expect(asked()).toBe(2);
});

on('what cannot be read, or was written by others, is not there', async () => {
  const { cache, told } = await open(shared());
  await command(async (client) => {
    await client.set('far:text', 'no JSON {');
    await client.set('far:other', '{"value":{"a":1}}');
    await client.sendCommand(['LPUSH', 'far:list', '1']);
  });
  const space = cache.space('far');
  for (const key of ['text', 'other', 'list']) expect(await space.get(key)).toBeUndefined();
  expect(told()).toEqual([]);
});

on('a server that was emptied, or evicts its tags, voids what is left', async () => {
  const { cache } = await open(shared());
  const space = cache.space<number>('near');
  // With another one that works with another database, it cannot know what it was not told.
  await open(shared(), { ownDatabase: true });
  await space.set('k', 1, { tags: ['t'] });
  await cache.invalidate('other');
  await command((client) => client.del('tool_cache:tags'));
  expect(await space.get('k')).toBeUndefined();
  await space.set('k', 2, { tags: ['t'] });
  expect((await space.get('k'))?.value).toBe(2);
});

on(
  'killed and back: one line each, no error, no wait, no void value',
  async () => {
    const one = await open(shared());
    const two = await open(shared(), { ownDatabase: true });
    const space = one.cache.space<string>('near');
    await space.set('k', 'old', { tags: ['t'] });
    await space.set('other', 'kept');
    await redis().kill();
    await until(() => expect(one.told()).toEqual([AWAY]));
    expect((await space.get('other'))?.value).toBe('kept');
    await one.cache.invalidate('t');
    await space.set('while away', 'new', { tags: ['t'] });
    expect(await space.get('k')).toBeUndefined();
    expect((await space.get('while away'))?.value).toBe('new');
    for (let n = 0; n < 100; n += 1) await space.through(`${n}`, async () => ({ value: 'computed' }));
    await redis().start();
    await until(() => expect(one.told()).toEqual([AWAY, BACK]));
    await until(() => expect(two.told()).toEqual([AWAY, BACK]));
    // It has the old value back from its log, with the other server, which did not hear of the invalidation.
    expect(await two.cache.space('near').get('k')).toBeUndefined();
    expect(await two.cache.space('far').get('k')).toBeUndefined();
    await space.set('k', 'newest');
    expect((await two.cache.space('near').get('k'))?.value).toBe('newest');
  },
  60_000,
);

on(
  'killed and back: what servers on one database know is not lost',
  async () => {
    const one = await open(shared());
    const two = await open(shared());
    const space = one.cache.space<string>('near');
    await space.set('k', 'kept', { tags: ['t'] });
    await space.set('void', 'old', { tags: ['u'] });
    await redis().kill();
    for (const { told } of [one, two]) await until(() => expect(told()).toEqual([AWAY]));
    await space.set('while away', 'kept');
    await two.cache.invalidate('u');
    expect(await space.get('void')).toBeUndefined();
    await redis().start();
    for (const { told } of [one, two]) await until(() => expect(told()).toEqual([AWAY, BACK]));
    for (const key of ['k', 'while away']) expect((await space.get(key))?.value).toBe('kept');
    expect((await two.cache.space('far').get('k'))?.value).toBeUndefined();
    for (const { cache } of [one, two]) expect(await cache.space('near').get('void')).toBeUndefined();
  },
  60_000,
);

on(
  'frozen: nobody waits but the first, and it hears afterwards what it missed',
  async () => {
    const one = await open(shared({ timeoutMs: 200 }));
    const two = await open(shared({ timeoutMs: 30_000 }), { ownDatabase: true });
    const space = one.cache.space<string>('near');
    await space.set('tagged', 'old', { tags: ['t'] });
    await space.set('set', 'old');
    redis().freeze();
    try {
      const began = performance.now();
      for (let n = 0; n < 50; n += 1) await space.through(`${n}`, async () => ({ value: 'computed' }));
      // 50 callers that wait for 200 ms each would take 10 s.
      expect(performance.now() - began).toBeLessThan(5_000);
      await one.cache.invalidate('t');
      await space.set('set', 'new');
    } finally {
      redis().resume();
    }
    await until(() => expect(one.told()).toEqual([AWAY, BACK]));
    expect(await two.cache.space('near').get('tagged')).toBeUndefined();
    expect((await two.cache.space('near').get('set'))?.value).not.toBe('old');
  },
  60_000,
);

on(
  'absent at the start: the rest serves, and it is used when it comes',
  async () => {
    await redis().kill();
    const { cache, told } = await open(shared({ connectMs: 100 }));
    expect(told()).toEqual([AWAY]);
    await cache.space('near').set('k', 1);
    expect((await cache.space('near').get('k'))?.value).toBe(1);
    await redis().start();
    await until(() => expect(told()).toEqual([AWAY, BACK]));
    await cache.space('far').set('k', 2);
    expect((await cache.space('far').get('k'))?.value).toBe(2);
  },
  60_000,
);

on(
  'full: values are not kept, and an invalidation is not lost',
  async () => {
    const { cache, told } = await open(shared());
    const space = cache.space<number>('near');
    await space.set('k', 1, { tags: ['t'] });
    await command((client) => client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']));
    try {
      await space.through('more', async () => ({ value: 2 }));
      await cache.invalidate('t');
      expect(await space.get('k')).toBeUndefined();
      await until(() => expect(told()).toEqual([AWAY]));
    } finally {
      await command((client) => client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']));
    }
    await until(() => expect(told()).toEqual([AWAY, BACK]));
    expect(await space.get('k')).toBeUndefined();
  },
  60_000,
);

on('what speaks another protocol there is only away', async () => {
  const sockets = new Set<{ destroy(): void }>();
  const other = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { cache, told, close } = await open(shared({ url: `redis://127.0.0.1:${port}`, connectMs: 200 }));
  await cache.space('near').set('k', 1);
  expect((await cache.space('near').get('k'))?.value).toBe(1);
  expect(told()).toEqual([AWAY]);
  await close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => other.close(resolve));
});
