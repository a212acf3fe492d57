import { expect, vi } from 'vitest';
import { gate, onBothDatabases, source, until } from './open-cache.ts';

const SECURITY = 'tool_discovery:security_check';
const EVERYWHERE = { otherSpaces: { layers: ['memory', 'persistent'] } } as const;

/** Only the clock of the wall is set; timers run. */
const pass = (ms: number): void => {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  vi.setSystemTime(Date.now() + ms);
};

onBothDatabases('a space', ({ open, on }) => {
  on('keeps what was computed, and says how old it is', async () => {
    const { cache } = await open();
    pass(0);
    const space = cache.space<string>(SECURITY);
    const { compute, asked } = source((n) => `answer ${n}`);
    expect(await space.through('a', compute)).toEqual({ value: 'answer 1', hit: false, ageMs: 0, stale: false });
    pass(86_399_000);
    expect(await space.through('a', compute)).toMatchObject({ value: 'answer 1', hit: true, stale: false });
    expect((await space.get('a'))?.ageMs).toBeGreaterThanOrEqual(86_399_000);
    pass(2_000);
    expect(await space.get('a')).toBeUndefined();
    expect(await space.through('a', compute)).toMatchObject({ value: 'answer 2', hit: false });
    expect(asked()).toBe(2);
    expect(cache.statistics()[SECURITY]).toEqual({ hits: 2, misses: 3, joined: 0, stale: 0, failures: 0, entries: 1 });
  });

  on('has the times of tool discovery, and those of the configuration', async () => {
    const { cache } = await open({ spaces: { 'tool_discovery:mcp_search': { ttlMs: 5_000, staleMs: 0 } } });
    pass(0);
    const lasting = async (name: string, ms: number): Promise<boolean> => {
      await cache.space(name).set('k', 1);
      pass(ms);
      return (await cache.space(name).get('k')) !== undefined;
    };
    for (const [name, ttlMs] of [
      ['gap_analysis', 300_000],
      ['frequent_searches', 600_000],
      ['github_api', 3_600_000],
      ['mcp_search', 5_000],
      ['security_check', 86_400_000],
    ] as const) {
      expect(await lasting(`tool_discovery:${name}`, ttlMs - 1)).toBe(true);
      expect(await lasting(`tool_discovery:${name}`, ttlMs)).toBe(false);
    }
    for (const name of ['known_servers', 'security_whitelist'])
      expect(await lasting(`tool_discovery:${name}`, 10 * 366 * 86_400_000)).toBe(true);
  });

  on('keeps a value its own time, and nothing that is not to be kept', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<number>('x');
    await space.set('long', 1, { ttlMs: 10_000_000 });
    await space.through('partial', async () => ({ value: 2, keep: false }));
    expect(await space.get('partial')).toBeUndefined();
    pass(9_000_000);
    expect((await space.get('long'))?.value).toBe(1);
  });

  on('shares one computation among those who ask at the same time', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<number>('x');
    const { opened, open: answer } = gate();
    const { compute, asked } = source(async () => {
      await opened;
      return 7;
    });
    const all = Array.from({ length: 50 }, () => space.through('k', compute));
    await until(() => expect(asked()).toBe(1));
    answer();
    expect((await Promise.all(all)).map(({ value }) => value)).toEqual(Array(50).fill(7));
    expect(asked()).toBe(1);
    expect(cache.statistics().x).toMatchObject({ misses: 1, joined: 49 });
  });

  on('ends a computation when the last who waits has given up, not before', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<number>('x');
    let given: AbortSignal | undefined;
    const compute = (signal: AbortSignal) => {
      given = signal;
      return new Promise<never>(() => {});
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const first = space.through('k', compute, { signal: one.signal });
    const second = space.through('k', compute, { signal: two.signal });
    await until(() => expect(given).toBeDefined());
    one.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(given?.aborted).toBe(false);
    two.abort(new Error('me too'));
    await expect(second).rejects.toThrow('me too');
    expect(given?.aborted).toBe(true);
    // Nobody is tied to what was given up.
    expect(await space.through('k', async () => ({ value: 3 }))).toMatchObject({ value: 3, hit: false });
  });

  on('gives an expired value while it cannot be computed anew, for a limited time', async () => {
    const { cache } = await open({ spaces: { x: { ttlMs: 1_000, staleMs: 5_000, layers: ['memory', 'persistent'] } } });
    const space = cache.space<number>('x');
    const fails = async () => {
      throw new Error('the source is down');
    };
    pass(0);
    await expect(space.through('k', fails)).rejects.toThrow('the source is down');
    await space.set('k', 1);
    pass(2_000);
    expect(await space.through('k', fails)).toEqual({ value: 1, hit: true, ageMs: 2_000, stale: true });
    expect(await space.get('k')).toBeUndefined();
    pass(4_000);
    await expect(space.through('k', fails)).rejects.toThrow('the source is down');
    expect(cache.statistics().x).toMatchObject({ stale: 1, failures: 3 });
  });

  on('never gives a void value as stale', async () => {
    const { cache } = await open({ spaces: { x: { ttlMs: 1_000, staleMs: 5_000, layers: ['memory', 'persistent'] } } });
    const space = cache.space<number>('x');
    await space.set('k', 1, { tags: ['t'] });
    pass(2_000);
    const invalidates = async () => {
      await cache.invalidate('t');
      throw new Error('the source is down');
    };
    await expect(space.through('k', invalidates)).rejects.toThrow('the source is down');
  });

  on('ends a computation that takes too long', async () => {
    const { cache } = await open({ computeTimeoutMs: 100 });
    const endless = cache.space('x').through('k', () => new Promise<never>(() => {}));
    await expect(endless).rejects.toMatchObject({ code: 'CACHE_COMPUTE_TIMEOUT', kind: 'timeout' });
  });

  on('has what was kept after a restart, but not what was in memory alone', async () => {
    const first = await open({ otherSpaces: { layers: ['memory'] } });
    await first.cache.space(SECURITY).set('a', { safe: true });
    await first.cache.space('x').set('a', 1);
    await first.close();
    const { cache } = await open({ otherSpaces: { layers: ['memory'] } });
    expect((await cache.space(SECURITY).get('a'))?.value).toEqual({ safe: true });
    expect(await cache.space('x').get('a')).toBeUndefined();
  });

  on('takes any key and any JSON, and gives each caller its own', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<unknown>('x');
    const keys = [
      '',
      ' ',
      'a b',
      '中文',
      'null\u0000byte',
      '\ud800',
      'k'.repeat(5_000),
      "'; DROP TABLE cache_entries",
      ':base64:',
    ];
    const values = [null, 0, '', ':base64:AAAA', ['\u0000', '\ud800', { toJSON: 1 }], { value: { expires: 0 } }, true];
    for (const [n, key] of keys.entries()) await space.set(key, values[n % values.length]);
    for (const [n, key] of keys.entries()) expect((await space.get(key))?.value).toEqual(values[n % values.length]);
    const one = (await space.get('\ud800'))?.value;
    await space.set('list', [1]);
    const given = (await space.get('list'))?.value;
    (given as number[]).push(2);
    expect((await space.get('list'))?.value).toEqual([1]);
    expect(one).toEqual(values[5]);
  });

  on('computes each time where it has no layers', async () => {
    const { cache } = await open({ otherSpaces: { layers: [] } });
    const { compute, asked } = source((n) => n);
    await cache.space('x').through('k', compute);
    await cache.space('x').through('k', compute);
    expect(asked()).toBe(2);
  });
});
