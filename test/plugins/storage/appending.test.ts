import { expect } from 'vitest';
import { onBothDialects } from './both-dialects.ts';

onBothDialects('appended rows', ({ on, open, notes, count }) => {
  const ROW = { table: 'notes', columns: ['id', 'text'] };

  on('appended rows are there when the promise says so, in few commits, and in their order', async () => {
    const storage = await notes((await open({ appendFlushRows: 100 })).storage);
    await storage.append('notes', { id: -1, text: 'first' });
    expect(await count(storage)).toBe(1);
    const total = 2_500;
    await Promise.all(
      Array.from({ length: total }, (_, id) => storage.append('notes', { id, text: `${id}`, score: null })),
    );
    expect(await count(storage)).toBe(total + 1);
  });

  on('a row that does not fit costs only itself', async () => {
    const storage = await notes((await open()).storage);
    const ids = Array.from({ length: 60 }, (_, at) => (at === 20 || at === 41 ? 0 : at));
    const results = await Promise.allSettled(ids.map((id) => storage.append('notes', { id })));
    const refused = results.flatMap((result, at) => (result.status === 'rejected' ? [[at, result.reason.code]] : []));
    expect(refused).toHaveLength(2);
    expect(refused.every(([, code]) => code === 'STORAGE_CONSTRAINT')).toBe(true);
    expect(await count(storage)).toBe(58);
    await expect(storage.append('notes; DROP TABLE notes', { id: 1 })).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', { 'id) VALUES (1); --': 1 })).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', {})).rejects.toMatchObject({ code: 'STORAGE_NAME' });
    await expect(storage.append('notes', { id: Number.NaN })).rejects.toMatchObject({ code: 'STORAGE_VALUE' });
    await expect(storage.append('nowhere', { id: 1 })).rejects.toMatchObject({ code: 'STORAGE_STATEMENT' });
  });

  on('appends beyond the limit are refused at once', async () => {
    const storage = await notes((await open({ appendMaxPending: 10, appendFlushMs: 30 })).storage);
    const results = await Promise.allSettled(Array.from({ length: 25 }, (_, id) => storage.append('notes', { id })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(10);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { code: 'STORAGE_BUSY', kind: 'unavailable' },
    });
  });

  on('stop commits what was appended', async () => {
    const first = await open({ appendFlushMs: 10_000 });
    await notes(first.storage);
    const written = Promise.all([first.storage.append('notes', { id: 1 }), first.storage.append('notes', { id: 2 })]);
    await first.close();
    await written;
    await expect(first.storage.all('SELECT 1')).rejects.toMatchObject({ code: 'STORAGE_CLOSED' });
    expect(await count((await open()).storage)).toBe(2);
  });

  on('rows that nobody waits for are stored, each failure is told, and nothing is thrown', async () => {
    const storage = await notes((await open({ appendLaterMs: 5, appendFlushRows: 30 })).storage);
    const lost: unknown[] = [];
    const tell = (error: unknown) => void lost.push((error as { code: string }).code);
    for (let id = 0; id < 100; id += 1) storage.appendLater(ROW, [id === 70 ? 3 : id, `${id}`], tell);
    await expect.poll(() => count(storage)).toBe(99);
    expect(lost).toEqual(['STORAGE_CONSTRAINT']);
    expect(await storage.get('SELECT text FROM notes WHERE id = 99')).toEqual({ text: '99' });
    lost.length = 0;
    storage.appendLater(ROW, [1_000], tell);
    storage.appendLater(ROW, [1_000, Number.NaN], tell);
    storage.appendLater({ table: 'notes; DROP TABLE notes', columns: ['id'] }, [1], tell);
    storage.appendLater({ table: 'nowhere', columns: ['id'] }, [1], tell);
    await expect.poll(() => lost.length).toBe(4);
    expect(lost).toEqual(['STORAGE_VALUE', 'STORAGE_VALUE', 'STORAGE_NAME', 'STORAGE_STATEMENT']);
    expect(await count(storage)).toBe(99);
  });

  on('rows of several shapes share a commit, and somebody who waits does not wait for the others', async () => {
    const storage = await notes((await open({ appendLaterMs: 60_000 })).storage);
    const fail = (error: unknown) => {
      throw error;
    };
    const wide = { table: 'notes', columns: ['id', 'text', 'score'] };
    for (let id = 0; id < 90; id += 1)
      if (id % 30 < 25) storage.appendLater(ROW, [id, `${id}`], fail);
      else storage.appendLater(wide, [id, null, id / 2], fail);
    await storage.append('notes', { id: 1_000 });
    expect(await count(storage)).toBe(91);
    expect(await storage.get('SELECT id, text, score FROM notes WHERE id = 29')).toEqual({
      id: 29,
      text: null,
      score: 14.5,
    });
  });

  on('rows that nobody waits for are bounded, written in small steps, and not lost at the end', async () => {
    const first = await open({ appendMaxPending: 20_000, appendLaterMs: 30, appendFlushRows: 500 });
    await notes(first.storage);
    const lost = new Map<unknown, number>();
    const tell = (error: unknown) => {
      const { code } = error as { code: string };
      lost.set(code, (lost.get(code) ?? 0) + 1);
    };
    for (let id = 0; id < 21_000; id += 1) first.storage.appendLater(ROW, [id, 'x'.repeat(50)], tell);
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 0);
    await first.close();
    clearInterval(ticking);
    // Forty groups, and between them others have their turn.
    expect(turns).toBeGreaterThan(10);
    expect([...lost]).toEqual([['STORAGE_BUSY', 1_000]]);
    expect(await count((await open()).storage)).toBe(20_000);
    first.storage.appendLater(ROW, [0, ''], tell);
    await expect.poll(() => lost.get('STORAGE_CLOSED')).toBe(1);
  });
});
