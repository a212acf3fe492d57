import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis as Client } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { maskConfig } from '../../../kernel/schema.ts';
import queuePlugin from '../../../plugins/queue/index.ts';
import { freePort } from '../../support/free-port.ts';
import { type Redis, startRedis } from '../../support/redis.ts';
import { openPlugin } from '../open-plugin.ts';
import { heldWork, redisFound, until } from './open-queue.ts';

const PASSWORD = 'kept-from-everybody';
let redis: Redis;
let prefixes = 0;
const closing: (() => Promise<unknown>)[] = [];

const brief = { leaseMs: 3_000, pollMs: 25, pauseMs: 10, drainMs: 100, graceMs: 100 };
const place = (url: string, more: object = {}) => ({
  redis: { url, prefix: `test:${prefixes++}`, connectMs: 1_000, timeoutMs: 400, retryMs: 50, ...more },
});
async function open(options: ReturnType<typeof place> & { readonly leaseMs?: number }) {
  const opened = await openPlugin(queuePlugin, { ...brief, ...options });
  closing.push(opened.close);
  const { queue } = opened.plugin;
  const said = (sentence: string) => opened.lines.filter((line) => line.sentence === sentence);
  return { ...opened, queue, options, said, health: () => opened.plugin.health?.() };
}
const jobs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `${at}`, payload: at }));
const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

describe.skipIf(!redisFound)('a queue in Redis', () => {
  beforeAll(async () => {
    redis = await startRedis();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => redis?.stop());

  const admin = () => {
    const client = new Client(redis.url);
    client.on('error', () => {});
    closing.push(async () => client.disconnect());
    return client;
  };

  test('is one that BullMQ and its tools understand', async () => {
    const { queue, options } = await open(place(redis.url));
    await queue.addMany('lane', [...jobs(3), { id: 'later', payload: { deep: [1] }, notBefore: Date.now() + 60_000 }]);
    await queue.pause('lane');
    const connection = new Client(redis.url);
    const bull = new Queue('lane', { connection, prefix: options.redis.prefix });
    closing.push(async () => {
      await bull.close();
      connection.disconnect();
    });
    expect(await bull.getJobCounts('prioritized', 'delayed')).toEqual({ prioritized: 3, delayed: 1 });
    expect((await bull.getJob('=later'))?.data).toEqual({ deep: [1] });
    expect(await bull.isPaused()).toBe(true);
    await bull.resume();
    expect(await queue.paused('lane')).toBe(false);
    queue.work('lane', { concurrency: 1 }, async ({ id }) => {
      if (id === '1') throw new Error('no');
    });
    await until(async () => expect(await bull.getJobCounts('completed')).toEqual({ completed: 2 }));
    // And what another program of BullMQ added is worked here.
    await bull.add('any name', { from: 'elsewhere' }, { jobId: 'of-theirs' });
    await until(async () => expect(await bull.getJobCounts('completed')).toEqual({ completed: 3 }));
  });

  test('works, fails and is counted with more jobs than are done at once', async () => {
    const { queue } = await open(place(redis.url));
    await queue.addMany('lane', jobs(1_500));
    let most = 0;
    let now = 0;
    queue.work('lane', { concurrency: 50 }, async () => {
      most = Math.max(most, ++now);
      await sleep(1);
      now--;
    });
    await until(async () => expect((await queue.counts('lane')).done).toBe(1_500));
    expect(most).toBeLessThanOrEqual(50);
    expect(most).toBeGreaterThan(30);
  });

  test('that is killed and comes back loses nothing, and says what happened once', { timeout: 60_000 }, async () => {
    const { queue, said, health, lines } = await open(place(redis.url));
    const begun: string[] = [];
    await queue.addMany('lane', jobs(60));
    queue.work('lane', { concurrency: 4 }, async ({ id }) => {
      begun.push(id);
      await sleep(20);
    });
    await until(() => expect(begun.length).toBeGreaterThan(8));
    await redis.kill();
    await until(() => expect(health()).toMatchObject({ ok: false }));
    const asked = Date.now();
    for (const command of [
      queue.add('lane', { id: 'new', payload: 0 }),
      queue.addMany('lane', jobs(2)),
      queue.counts('lane'),
      queue.get('lane', '1'),
      queue.cancel('lane', '1'),
      queue.pause('lane'),
      queue.paused('lane'),
      queue.failed('lane'),
      queue.retry('lane'),
    ])
      await expect(command).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE', kind: 'unavailable' });
    expect(Date.now() - asked).toBeLessThan(5_000);
    await sleep(300);
    await redis.start();
    await until(async () => expect(await queue.counts('lane').catch(() => {})).toMatchObject({ done: 60 }));
    expect(health()).toMatchObject({ ok: true });
    expect(said('Redis is away; jobs go on when it is back')).toHaveLength(1);
    expect(said('Redis is back')).toHaveLength(1);
    expect(lines.length).toBeLessThan(40);
    expect(await queue.add('lane', { id: 'new', payload: 0 })).toEqual({ id: 'new', added: true });
    await until(async () => expect((await queue.get('lane', 'new'))?.state).toBe('done'));
  });

  test('that is silent makes nobody wait for ever, and what was at work is done again', {
    timeout: 60_000,
  }, async () => {
    const { queue, health } = await open({ ...place(redis.url), leaseMs: 600 });
    const held = heldWork();
    // What was asked for in the silence may have been heard: "b" too.
    queue.work('lane', { concurrency: 2 }, held.work);
    await queue.add('lane', { id: 'a', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a']));
    redis.freeze();
    try {
      await expect(queue.add('lane', { id: 'b', payload: 0 })).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
      // Nobody can tell any more whose it is.
      await until(() => expect(held.aborted).toEqual(['JOB_LEASE_LOST']));
      await until(() => expect(health()).toMatchObject({ ok: false }));
    } finally {
      redis.resume();
    }
    await until(() => expect(held.begun.filter((id) => id === 'a')).toHaveLength(2));
    held.end('a');
    await until(async () => expect((await queue.get('lane', 'a'))?.state).toBe('done'));
    await until(() => expect(health()).toMatchObject({ ok: true }));
  });

  test('whose answer to an addition was lost takes it a second time as the same job', async () => {
    const { queue } = await open(place(redis.url));
    await queue.add('lane', { id: 'before', payload: 0 });
    redis.freeze();
    const lost = queue.add('lane', { id: 'a', payload: 0 });
    await expect(lost).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    redis.resume();
    await until(async () => expect(await queue.get('lane', 'before')).toBeDefined());
    await queue.add('lane', { id: 'a', payload: 0 });
    expect(await queue.counts('lane')).toMatchObject({ waiting: 2 });
  });

  test('that is not there at the start is told of, and leaves nothing', async () => {
    const before = sockets();
    const url = `redis://:${PASSWORD}@127.0.0.1:${await freePort()}/3`;
    const failed = await open(place(url, { connectMs: 200 })).catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'QUEUE_UNAVAILABLE', kind: 'unavailable' });
    expect(String((failed as Error).message)).toMatch(/no answer from redis:\/\/127\.0\.0\.1:\d+\/3: .*ECONNREFUSED/);
    expect(String((failed as Error).message)).not.toContain(PASSWORD);
    await until(() => expect(sockets()).toBeLessThanOrEqual(before));
  });

  test('that comes up a moment later is waited for', async () => {
    const { port } = redis;
    await redis.kill();
    const opening = open(place(`redis://127.0.0.1:${port}`, { connectMs: 10_000 }));
    await sleep(200);
    await redis.start();
    const { queue } = await opening;
    expect(await queue.add('lane', { id: 'a', payload: 0 })).toMatchObject({ added: true });
  });

  test('with a password keeps it to itself, and a wrong one is told of at once', async () => {
    const client = admin();
    await client.config('SET', 'requirepass', PASSWORD);
    try {
      const url = (password: string) => redis.url.replace('redis://', `redis://:${password}@`);
      const asked = Date.now();
      const refused = await open(place(url('wrong-guess'), { connectMs: 20_000 })).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'QUEUE_UNAVAILABLE', message: expect.stringMatching(/WRONGPASS/) });
      expect(Date.now() - asked).toBeLessThan(10_000);
      expect(JSON.stringify(refused) + String((refused as Error).stack)).not.toContain('wrong-guess');
      expect((refused as Error).cause).toBeUndefined();

      const { queue, lines, health, options } = await open(place(url(PASSWORD)));
      expect(JSON.stringify(maskConfig(queuePlugin.config, queuePlugin.config.parse(options)))).not.toContain(PASSWORD);
      await queue.add('lane', { id: 'a', payload: 0 });
      redis.freeze();
      const errors = [await queue.get('lane', 'a').catch((error: unknown) => error)];
      redis.resume();
      const shown = JSON.stringify([lines, health(), errors, errors.map((error) => (error as Error).stack)]);
      expect(shown).toContain('127.0.0.1');
      expect(shown).not.toContain(PASSWORD);
    } finally {
      redis.resume();
      await until(async () => void (await client.config('SET', 'requirepass', '')));
    }
  });

  test('has two connections, and none after the stop, whatever Redis does', async () => {
    const client = admin();
    const clients = async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await clients();
    const open1 = await open(place(redis.url));
    for (const lane of ['a', 'b', 'c']) {
      open1.queue.work(lane, { concurrency: 2 }, async () => undefined);
      await open1.queue.add(lane, { id: 'x', payload: 0 });
    }
    await until(async () => expect(await clients()).toBe(before + 2));
    await open1.close();
    await until(async () => expect(await clients()).toBe(before));
    await expect(open1.queue.add('a', { id: 'y', payload: 0 })).rejects.toMatchObject({ kind: 'unavailable' });

    const open2 = await open(place(redis.url));
    const held = heldWork();
    open2.queue.work('lane', { concurrency: 1 }, held.work);
    await open2.queue.add('lane', { id: 'a', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a']));
    const busy = sockets();
    redis.freeze();
    try {
      const stopping = Date.now();
      await open2.close();
      expect(Date.now() - stopping).toBeLessThan(5_000);
      await until(() => expect(sockets()).toBeLessThanOrEqual(busy - 2));
    } finally {
      redis.resume();
    }
  });

  test('warns where it may lose jobs', async () => {
    const client = admin();
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { lines } = await open(place(redis.url));
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect(lines.map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining('maxmemory-policy'));
  });
});
