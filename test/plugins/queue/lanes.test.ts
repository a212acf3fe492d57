import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { fault } from '#kernel';
import { heldWork, onEveryBackend, until } from './open-queue.ts';

const jobs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ id: `${from + at}`, payload: { at: from + at } }));

onEveryBackend('lanes', ({ open, on, backend }) => {
  on('take many jobs at once, each id once', async () => {
    const { queue } = await open();
    expect(await queue.addMany('lane', [])).toBe(0);
    expect(await queue.addMany('lane', jobs(2_500))).toBe(2_500);
    expect(await queue.addMany('lane', jobs(100, 2_450))).toBe(50);
    const twice = [
      { id: 'twice', payload: 'first' },
      { id: 'twice', payload: 'second' },
      { id: '0', payload: 'late' },
    ];
    expect(await queue.addMany('lane', twice)).toBe(1);
    expect(await queue.counts('lane')).toMatchObject({ waiting: 2_551 });
    expect(await queue.get('lane', 'twice')).toMatchObject({ payload: 'first' });
    expect(await queue.get('lane', '0')).toMatchObject({ payload: { at: 0 } });
  });

  on('that many jobs are added to work them in turn, at once', async () => {
    const { queue, state } = await open({ pollMs: 60_000 });
    const order: string[] = [];
    queue.work('lane', { concurrency: 1 }, async ({ id }) => void order.push(id));
    await sleep(50);
    await queue.addMany('lane', [
      ...['d', 'c', 'b'].map((id) => ({ id, payload: 0 })),
      { id: 'high', payload: 0, priority: 7 },
      { id: 'later', payload: 0, priority: 9, notBefore: Date.now() + 400 },
      { id: 'last', payload: 0, priority: 9, notBefore: Date.now() + 600 },
    ]);
    await until(async () => expect(await state('b')).toBe('done'));
    expect(order).toEqual(['high', 'd', 'c', 'b']);
    await until(async () => expect(await state('last')).toBe('done'));
    expect(order.slice(4)).toEqual(['later', 'last']);
  });

  on('refuse all of many jobs when one makes no sense', async () => {
    const { queue } = await open({ maxPayloadBytes: 20 });
    const large = { id: 'large', payload: 'x'.repeat(30) };
    await expect(queue.addMany('lane', [...jobs(3), large])).rejects.toMatchObject({ code: 'JOB_TOO_LARGE' });
    await expect(queue.addMany('lane', [...jobs(3), { id: '', payload: 0 }])).rejects.toMatchObject({
      code: 'JOB_INVALID',
    });
    expect(await queue.counts('lane')).toMatchObject({ waiting: 0 });
  });

  on('keep any name, id and payload as they are', async () => {
    const { queue } = await open();
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => text.length <= 200 && !text.includes('\0'));
    const odd = fc.constantFrom('wait', 'meta', 'a:b', 'a%3Ab', '=x', '0', '-1', ' ', ':', '%', '__proto__', 'x:lock');
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(name, odd),
        fc.uniqueArray(fc.oneof(name, odd), { minLength: 1, maxLength: 5 }),
        fc.jsonValue({ noUnicodeString: false }),
        async (lane, ids, payload) => {
          const kept = JSON.parse(JSON.stringify(payload)) as unknown;
          fc.pre(!JSON.stringify(payload).includes('\\u0000'));
          await queue.addMany(
            lane,
            ids.map((id) => ({ id, payload })),
          );
          for (const id of ids) {
            expect(await queue.add(lane, { id, payload: 'another' })).toEqual({ id, added: false });
            const job = await queue.get(lane, id);
            // What an earlier round added stays.
            expect(job).toMatchObject({ id, lane, state: 'waiting' });
          }
          const fresh = `${ids[0]}/fresh/${Math.random()}`.slice(-150).toWellFormed();
          await queue.add(lane, { id: fresh, payload });
          expect((await queue.get(lane, fresh))?.payload).toEqual(kept);
        },
      ),
      { numRuns: 25 },
    );
  });

  on('that are paused give out nothing to any process, until they go on', async () => {
    const here = await open();
    const there = await open({ pollMs: 50 });
    const held = heldWork();
    here.queue.work('lane', { concurrency: 1 }, held.work);
    await here.queue.add('lane', { id: 'first', payload: 0 });
    await until(() => expect(held.begun).toEqual(['first']));
    await there.queue.pause('lane');
    await there.queue.pause('lane');
    expect(await here.queue.paused('lane')).toBe(true);
    expect(await here.queue.paused('other')).toBe(false);
    await here.queue.add('lane', { id: 'second', payload: 0 });
    there.queue.work('lane', { concurrency: 1 }, held.work);
    held.end('first');
    await until(async () => expect(await here.state('first')).toBe('done'));
    await sleep(150);
    expect(held.begun).toEqual(['first']);
    expect(await here.queue.cancel('lane', 'second')).toBe(true);
    await here.queue.add('lane', { id: 'third', payload: 0 });

    const later = await open();
    expect(await later.queue.paused('lane')).toBe(true);
    await later.queue.resume('lane');
    expect(await here.queue.paused('lane')).toBe(false);
    await until(() => expect(held.begun).toEqual(['first', 'third']));
    held.end('third');
  });

  on('keep their dead letters, newest first, and try them again with their attempts counted anew', async () => {
    const { queue, state } = await open({ attempts: 2, maxLost: 2 });
    let isBroken = true;
    queue.work('lane', { concurrency: 1 }, async ({ id }) => {
      await sleep(2);
      if (isBroken && id !== 'good') throw new Error(`no ${id}`);
    });
    for (const id of ['good', 'a', 'b', 'c']) {
      await queue.add('lane', { id, payload: id });
      await until(async () => expect(['done', 'failed']).toContain(await state(id)));
    }
    expect(await queue.failed('lane')).toMatchObject(
      ['c', 'b', 'a'].map((id) => ({ id, payload: id, state: 'failed', attempts: 2, error: `no ${id}` })),
    );
    expect(await queue.failed('lane', 2)).toMatchObject([{ id: 'c' }, { id: 'b' }]);
    expect(await queue.failed('empty')).toEqual([]);
    await expect(queue.failed('lane', 0)).rejects.toMatchObject({ code: 'JOB_INVALID' });

    // Again, and it throws again: twice more.
    expect(await queue.retry('lane', 'a')).toBe(1);
    await until(async () => expect(await queue.get('lane', 'a')).toMatchObject({ state: 'failed', attempts: 2 }));
    expect(await queue.retry('lane', 'good')).toBe(0);
    expect(await queue.retry('lane', 'unknown')).toBe(0);
    isBroken = false;
    expect(await queue.retry('lane')).toBe(3);
    await until(async () => expect((await queue.counts('lane')).done).toBe(4));
    expect(await queue.get('lane', 'b')).toMatchObject({ state: 'done', attempts: 1 });
    expect((await queue.get('lane', 'b'))?.error).toBeUndefined();
    expect(await queue.retry('lane')).toBe(0);
    expect(await queue.failed('lane')).toEqual([]);
  });

  on('give a job that killed its workers another chance when it is tried again', async () => {
    const { queue, state } = await open({ maxLost: 2 });
    await queue.add('lane', { id: 'bomb', payload: 0 });
    await backend().orphan('bomb', 2);
    queue.work('lane', { concurrency: 1 }, async () => undefined);
    await until(async () => expect(await state('bomb')).toBe('failed'));
    expect(await queue.retry('lane', 'bomb')).toBe(1);
    await until(async () => expect(await state('bomb')).toBe('done'));
  });

  on('of another process are heard of without waiting for the next look', async ({ skip }) => {
    const there = await open({ pollMs: 60_000, leaseMs: 60_000 });
    const here = await open({ pollMs: 60_000, leaseMs: 60_000 });
    if (!('redis' in here.options)) skip('processes that share a database look for each other’s jobs');
    const held = heldWork();
    there.queue.work('lane', { concurrency: 2 }, held.work);
    await sleep(100);
    await here.queue.add('lane', { id: 'a', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a']));
    await here.queue.cancel('lane', 'a');
    await until(() => expect(held.aborted).toEqual(['JOB_CANCELLED']));
  });

  on('that give jobs back too early for their pause wait for it', async () => {
    const { queue, state } = await open({ pollMs: 60_000 });
    const begun: number[] = [];
    queue.work('lane', { concurrency: 1 }, async () => {
      begun.push(Date.now());
      if (begun.length === 1) throw fault('RETRY_LATER', 'not yet', { data: { afterMs: 300 } });
    });
    await queue.add('lane', { id: 'a', payload: 0 });
    await until(async () => expect(await state('a')).toBe('done'));
    expect(begun[1]! - begun[0]!).toBeGreaterThanOrEqual(295);
  });
});
