import { expect, vi } from 'vitest';
import type { RegistryChange } from '#plugins/tool-registry/api';
import { gate, onBothDatabases, source, until } from './open-cache.ts';

const EVERYWHERE = { otherSpaces: { layers: ['memory', 'persistent'] } } as const;

onBothDatabases('an invalidation', ({ open, on }) => {
  on('voids what has the tag in every space, and nothing else', async () => {
    const { cache } = await open(EVERYWHERE);
    const [x, y] = [cache.space<number>('x'), cache.space<number>('y')];
    await x.set('a', 1, { tags: ['capability:pdf', 'registry'] });
    await y.through('a', async () => ({ value: 2, tags: ['capability:pdf'] }));
    await x.set('b', 3, { tags: ['capability:excel'] });
    await x.set('c', 4);
    await cache.invalidate('capability:pdf');
    expect(await x.get('a')).toBeUndefined();
    expect(await y.get('a')).toBeUndefined();
    expect((await x.get('b'))?.value).toBe(3);
    expect((await x.get('c'))?.value).toBe(4);
    await x.set('a', 5, { tags: ['capability:pdf'] });
    expect((await x.get('a'))?.value).toBe(5);
  });

  on('holds in another process on the same database, and after a restart', async () => {
    const one = await open(EVERYWHERE);
    const two = await open(EVERYWHERE);
    await one.cache.space('x').set('k', 'old', { tags: ['t'] });
    // Now it is in the memory of both.
    expect((await two.cache.space('x').get('k'))?.value).toBe('old');
    await one.cache.invalidate('t');
    expect(await two.cache.space('x').get('k')).toBeUndefined();
    await one.close();
    const again = await open(EVERYWHERE);
    expect(await again.cache.space('x').get('k')).toBeUndefined();
  });

  on('does not keep what was being computed, and gives it to nobody who asked afterwards', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<string>('x');
    const { opened, open: answer } = gate();
    let isOld = true;
    const { compute, asked } = source(async () => {
      const value = isOld ? 'old' : 'new';
      if (isOld) await opened;
      return value;
    }, ['t']);
    const before = space.through('k', compute);
    await until(() => expect(asked()).toBe(1));
    isOld = false;
    await cache.invalidate('t');
    const after = space.through('k', compute);
    answer();
    expect((await before).value).toBe('old');
    expect((await after).value).toBe('new');
    expect((await space.get('k'))?.value).toBe('new');
  });

  on('is not raced by a value that is set or deleted while another is computed', async () => {
    const { cache } = await open(EVERYWHERE);
    const space = cache.space<string>('x');
    for (const [key, change, then] of [
      ['set', () => space.set('set', 'set'), 'set'],
      ['deleted', () => space.delete('deleted'), undefined],
      ['cleared', () => space.clear(), undefined],
    ] as const) {
      const { opened, open: answer } = gate();
      const { compute, asked } = source(async () => {
        await opened;
        return 'computed';
      });
      const computed = space.through(key, compute);
      await until(() => expect(asked()).toBe(1));
      await change();
      answer();
      expect((await computed).value).toBe('computed');
      expect((await space.get(key))?.value).toBe(then);
    }
  });

  on('empties a space, also in another process', async () => {
    const one = await open(EVERYWHERE);
    const two = await open(EVERYWHERE);
    await one.cache.space('x').set('k', 1);
    await one.cache.space('x:y').set('k', 2);
    await two.cache.space('x').get('k');
    await one.cache.space('x').clear();
    expect(await two.cache.space('x').get('k')).toBeUndefined();
    expect((await two.cache.space('x:y').get('k'))?.value).toBe(2);
  });

  on('comes with a change of the registry, but not with the health of a server', async () => {
    let tell: (change: Pick<RegistryChange, 'type'>) => void = () => {};
    const registry = {
      onChange: (listener: typeof tell) => {
        tell = listener;
        return () => {};
      },
    };
    const { cache, storage } = await open(EVERYWHERE, { services: { registry } });
    const space = cache.space<number>('x');
    await space.set('k', 1, { tags: ['registry'] });
    tell({ type: 'server_health' });
    expect((await space.get('k'))?.value).toBe(1);
    for (let n = 0; n < 500; n += 1) tell({ type: 'tool_installed' });
    expect(await space.get('k')).toBeUndefined();
    const ticks = async () => Number((await storage.get('SELECT ticks FROM cache_clock'))?.ticks);
    await until(async () => expect(await ticks()).toBe(2));
  });

  on('is never forgotten where there are too many tags: everything is void instead', async () => {
    const { cache } = await open({ ...EVERYWHERE, maxTags: 10 });
    const space = cache.space<number>('x');
    await space.set('k', 1, { tags: ['tag 0'] });
    for (let n = 0; n < 30; n += 1) await cache.invalidate(`tag ${n}`);
    expect(await space.get('k')).toBeUndefined();
    await space.set('k', 2, { tags: ['tag 0'] });
    expect((await space.get('k'))?.value).toBe(2);
  });

  on('holds where the database is away: then this process alone knows', async () => {
    const { cache, storage, told } = await open({ ...EVERYWHERE, persistent: { retryMs: 20 } });
    const space = cache.space<number>('x');
    await space.set('k', 1, { tags: ['t'] });
    await space.set('other', 2);
    const spies = [vi.spyOn(storage, 'get'), vi.spyOn(storage, 'run'), vi.spyOn(storage, 'transaction')];
    for (const spy of spies) spy.mockRejectedValue(new Error('gone'));
    await cache.invalidate('t');
    expect(await space.get('k')).toBeUndefined();
    expect((await space.get('other'))?.value).toBe(2);
    await space.set('meanwhile', 3);
    expect((await space.get('meanwhile'))?.value).toBe(3);
    for (const spy of spies) spy.mockRestore();
    await until(() => expect(told()).toHaveLength(2));
    expect(told()).toEqual([
      'The database does not answer: the cache goes on without it',
      'The database answers again',
    ]);
    const another = await open(EVERYWHERE);
    expect(await another.cache.space('x').get('k')).toBeUndefined();
  });
});
