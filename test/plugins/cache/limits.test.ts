import { expect } from 'vitest';
import { onBothDatabases, until } from './open-cache.ts';

onBothDatabases('a limit', ({ open, on }) => {
  on('of entries in memory lets go what was used least', async () => {
    const { cache } = await open({ spaces: { x: { layers: ['memory'], maxEntries: 3 } } });
    const space = cache.space<number>('x');
    for (const n of [1, 2, 3]) await space.set(`${n}`, n);
    await space.get('1');
    await space.set('4', 4);
    expect(await space.get('2')).toBeUndefined();
    for (const n of [1, 3, 4]) expect((await space.get(`${n}`))?.value).toBe(n);
    expect(cache.statistics().x?.entries).toBe(3);
  });

  on('of bytes in memory holds over all spaces; slower layers still have what it lets go', async () => {
    const { cache } = await open({
      memory: { maxMb: 1 },
      spaces: { x: { layers: ['memory', 'persistent'] }, y: { layers: ['memory'] } },
    });
    const large = 'a'.repeat(100_000);
    for (let n = 0; n < 20; n += 1) {
      await cache.space('x').set(`${n}`, large);
      await cache.space('y').set(`${n}`, n);
    }
    expect((await cache.space('y').get('0'))?.value).toBe(0);
    for (let n = 0; n < 20; n += 1) expect((await cache.space('x').get(`${n}`))?.value).toBe(large);
  });

  on('of one value leaves it out, and an older one with it', async () => {
    const { cache } = await open({ maxValueKb: 1, otherSpaces: { layers: ['memory', 'persistent'] } });
    const space = cache.space<string>('x');
    await space.set('k', 'small');
    await space.set('k', 'a'.repeat(2_000));
    expect(await space.get('k')).toBeUndefined();
    const { value } = await space.through('k', async () => ({ value: 'b'.repeat(2_000) }));
    expect(value).toHaveLength(2_000);
    expect(await space.get('k')).toBeUndefined();
  });

  on('of the database deletes what is over, too many, or too much', async () => {
    const { cache, storage } = await open({
      persistent: { sweepMs: 100, maxMb: 1 },
      spaces: { few: { layers: ['persistent'], maxEntries: 5 }, x: { layers: ['persistent'] } },
    });
    const rows = async (space: string) =>
      Number((await storage.get('SELECT COUNT(*) AS n FROM cache_entries WHERE space = ?', [space]))?.n);
    await cache.space('x').set('over', 1, { ttlMs: 50 });
    for (let n = 0; n < 20; n += 1) await cache.space('few').set(`${n}`, n);
    await until(async () => expect([await rows('x'), await rows('few')]).toEqual([0, 5]));
    await until(() => expect(cache.statistics().few?.entries).toBe(5));
    for (let n = 0; n < 130; n += 1) await cache.space('x').set(`${n}`, 'a'.repeat(10_000));
    const bytes = async () => Number((await storage.get('SELECT SUM(size) AS n FROM cache_entries'))?.n);
    await until(async () => expect(await bytes()).toBeLessThanOrEqual(1_048_576));
    // The newest are still there.
    expect((await cache.space('x').get('129'))?.value).toHaveLength(10_000);
  });
});
