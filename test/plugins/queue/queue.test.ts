import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { fault } from '#kernel';
import type { QueuedJob } from '#plugins/queue/api';
import queuePlugin from '../../../plugins/queue/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { heldWork, onEveryBackend, until } from './open-queue.ts';

onEveryBackend('jobs', ({ open, on, backend }) => {
  on('are durable once they are added, and worked once', async () => {
    const first = await open();
    const payload = { text: 'é 漢字', list: [1, null, { deep: true }] };
    expect(await first.queue.add('lane', { id: 'a', payload })).toEqual({ id: 'a', added: true });
    expect(await first.queue.add('lane', { id: 'a', payload: 'another' })).toEqual({ id: 'a', added: false });
    expect(await first.queue.add('other', { id: 'a', payload: null })).toEqual({ id: 'a', added: true });
    await first.close();

    const { queue, state } = await open();
    expect(await queue.get('lane', 'a')).toMatchObject({
      id: 'a',
      lane: 'lane',
      payload,
      state: 'waiting',
      attempts: 0,
    });
    const seen: QueuedJob[] = [];
    const stop = queue.work('lane', { concurrency: 2 }, async (job) => void seen.push(job));
    await until(async () => expect(await state('a')).toBe('done'));
    expect(seen).toMatchObject([{ id: 'a', payload, state: 'active', attempts: 1 }]);
    expect(await queue.add('lane', { id: 'a', payload })).toEqual({ id: 'a', added: false });
    expect(await queue.counts('lane')).toEqual({ waiting: 0, active: 0, done: 1, failed: 0, cancelled: 0 });
    expect(await queue.counts('other')).toMatchObject({ waiting: 1, done: 0 });
    expect(await queue.get('lane', 'b')).toBeUndefined();
    await stop();
  });

  on('go by priority, then in the order in which they came, and not before their time', async () => {
    const { queue, state } = await open({ pollMs: 60_000 });
    const soon = Date.now() + 300;
    await queue.add('lane', { id: 'later', payload: 0, priority: 9, notBefore: soon });
    for (const id of ['c', 'b', 'a']) await queue.add('lane', { id, payload: 0 });
    await queue.add('lane', { id: 'low', payload: 0, priority: -1 });
    await queue.add('lane', { id: 'high', payload: 0, priority: 5 });
    const order: string[] = [];
    queue.work('lane', { concurrency: 1 }, async ({ id }) => void order.push(id));
    await until(async () => expect(await state('low')).toBe('done'));
    expect(order).toEqual(['high', 'c', 'b', 'a', 'low']);
    await queue.add('lane', { id: 'last', payload: 0, notBefore: soon + 1 });
    // The poll is far away: what this process added is known to it.
    await until(async () => expect(await state('last')).toBe('done'));
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    expect(order.slice(5)).toContain('last');
  });

  on('that throw are tried again, up to the limit; RETRY_LATER counts no attempt', async () => {
    const { queue, state, lines } = await open({ attempts: 3 });
    const tries: Record<string, number> = {};
    queue.work('lane', { concurrency: 2 }, async ({ id }) => {
      tries[id] = (tries[id] ?? 0) + 1;
      if (id === 'never') throw new Error('no way\0');
      if (id === 'third' && tries[id] < 3) throw new Error('not yet');
      if (id === 'busy' && tries[id] < 6) throw fault('RETRY_LATER', 'no room', { data: { afterMs: 1 } });
    });
    for (const id of ['never', 'third', 'busy']) await queue.add('lane', { id, payload: 0 });
    await until(async () => expect(await state('never')).toBe('failed'));
    await until(async () => expect(await state('third')).toBe('done'));
    await until(async () => expect(await state('busy')).toBe('done'));
    expect(tries).toEqual({ never: 3, third: 3, busy: 6 });
    expect(await queue.get('lane', 'never')).toMatchObject({ attempts: 3, error: expect.stringContaining('no way') });
    expect(await queue.get('lane', 'busy')).toMatchObject({ attempts: 1 });
    expect((await queue.get('lane', 'third'))?.error).toBeUndefined();
    expect(lines.filter(({ sentence }) => sentence === 'a job failed')).toHaveLength(5);
  });

  on('are cancelled while they wait, at work here, and at work in another process', async () => {
    const here = await open({ leaseMs: 300 });
    const there = await open({ leaseMs: 300 });
    const held = heldWork();
    here.queue.work('lane', { concurrency: 2 }, held.work);
    for (const id of ['a', 'b', 'waits']) await here.queue.add('lane', { id, payload: 0 });
    await until(() => expect(held.begun).toEqual(['a', 'b']));
    expect(await there.queue.cancel('lane', 'waits')).toBe(true);
    expect(await there.state('waits')).toBe('cancelled');
    expect(await here.queue.cancel('lane', 'a')).toBe(true);
    expect(held.aborted).toEqual(['JOB_CANCELLED']);
    expect(await there.queue.cancel('lane', 'b')).toBe(true);
    await until(() => expect(held.aborted).toEqual(['JOB_CANCELLED', 'JOB_CANCELLED']));
    await until(async () =>
      expect(await here.queue.counts('lane')).toEqual({ waiting: 0, active: 0, done: 0, failed: 0, cancelled: 3 }),
    );
    expect(held.begun).toEqual(['a', 'b']);
    expect(await here.queue.cancel('lane', 'a')).toBe(false);
    expect(await here.queue.cancel('lane', 'unknown')).toBe(false);
  });

  on('at work keep their lease for as long as the work takes', async () => {
    const here = await open({ leaseMs: 300 });
    const there = await open({ leaseMs: 300 });
    const held = heldWork();
    here.queue.work('lane', { concurrency: 1 }, held.work);
    await here.queue.add('lane', { id: 'long', payload: 0 });
    await until(() => expect(held.begun).toEqual(['long']));
    there.queue.work('lane', { concurrency: 1 }, held.work);
    await sleep(1_000);
    held.end('long');
    await until(async () => expect(await here.state('long')).toBe('done'));
    expect(held.begun).toEqual(['long']);
    expect(await here.queue.get('lane', 'long')).toMatchObject({ attempts: 1 });
  });

  on('whose lease was lost are told so, and whoever lost it changes nothing', async () => {
    const here = await open({ leaseMs: 400 });
    const held = heldWork();
    here.queue.work('lane', { concurrency: 1 }, held.work);
    await here.queue.add('lane', { id: 'a', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a']));
    await backend().steal('a');
    await until(() => expect(held.aborted).toEqual(['JOB_LEASE_LOST']));
    await until(() => expect(here.lines.map(({ sentence }) => sentence)).toContain('a job was lost to another worker'));
    expect(await here.queue.get('lane', 'a')).toMatchObject({ state: 'active', attempts: 1 });
  });

  on('that another worker took are not ended by the first one, which has not heard of it yet', async () => {
    const here = await open({ leaseMs: 60_000 });
    const held = heldWork();
    const throws = here.queue.work('lane', { concurrency: 3 }, held.work);
    for (const id of ['ends', 'stops']) await here.queue.add('lane', { id, payload: 0 });
    await until(() => expect(held.begun).toHaveLength(2));
    for (const id of ['ends', 'stops']) await backend().steal(id);
    held.end('ends');
    await until(() => expect(here.lines.map(({ sentence }) => sentence)).toContain('a job was lost to another worker'));
    await throws();
    for (const id of ['ends', 'stops'])
      expect(await here.queue.get('lane', id)).toMatchObject({ state: 'active', attempts: 1 });
  });

  on('that kill their workers are given up', async () => {
    const { queue, state } = await open({ maxLost: 2 });
    await queue.add('lane', { id: 'bomb', payload: 0 });
    await backend().orphan('bomb', 2);
    const begun: string[] = [];
    queue.work('lane', { concurrency: 1 }, async ({ id }) => void begun.push(id));
    await until(async () => expect(await state('bomb')).toBe('failed'));
    expect(begun).toEqual([]);
    expect((await queue.get('lane', 'bomb'))?.error).toContain('JOB_WORKERS_DIED');
  });

  on('that are cancelled when their worker is dead do not come back', async () => {
    const { queue, state } = await open();
    for (const id of ['a', 'b']) await queue.add('lane', { id, payload: 0 });
    await backend().orphan('a', 1);
    await backend().takeElsewhere('b');
    expect(await queue.cancel('lane', 'b')).toBe(true);
    expect(await state('b')).toBe('active');
    await backend().orphan('b', 1);
    expect(await queue.cancel('lane', 'a')).toBe(true);
    expect(await state('a')).toBe('cancelled');
    const begun: string[] = [];
    queue.work('lane', { concurrency: 1 }, async ({ id }) => void begun.push(id));
    await until(async () => expect(await state('b')).toBe('cancelled'));
    expect(begun).toEqual([]);
  });

  on('are given back at once when their worker stops, as they were', async () => {
    const here = await open({ leaseMs: 60_000, drainMs: 200 });
    const there = await open({ leaseMs: 60_000 });
    const held = heldWork();
    const stop = here.queue.work('lane', { concurrency: 2 }, held.work);
    await here.queue.add('lane', { id: 'ends', payload: 0 });
    await here.queue.add('lane', { id: 'stays', payload: 0 });
    await here.queue.add('lane', { id: 'waits', payload: 0 });
    await until(() => expect(held.begun).toHaveLength(2));
    setTimeout(() => held.end('ends'), 20);
    await stop();
    expect(held.aborted).toEqual(['QUEUE_STOPPING']);
    expect(held.begun).not.toContain('waits');
    expect(await there.state('ends')).toBe('done');
    expect(await there.queue.get('lane', 'stays')).toMatchObject({ state: 'waiting', attempts: 0 });
    there.queue.work('lane', { concurrency: 2 }, async () => undefined);
    await until(async () => expect((await there.queue.counts('lane')).done).toBe(3));
  });

  on('are given back also where the work does not listen to its signal', async () => {
    const here = await open({ leaseMs: 60_000, drainMs: 20, graceMs: 20 });
    const { promise: forever, resolve } = Promise.withResolvers<void>();
    const stop = here.queue.work('lane', { concurrency: 1 }, () => forever);
    await here.queue.add('lane', { id: 'deaf', payload: 0 });
    await until(async () => expect(await here.state('deaf')).toBe('active'));
    await stop();
    expect(await here.state('deaf')).toBe('waiting');
    resolve();
    await sleep(20);
    expect(await here.state('deaf')).toBe('waiting');
  });

  on('are worked on by the next version of the plugin, and the undo ends its worker too', async () => {
    const old = await open({ drainMs: 5_000 });
    const held = heldWork();
    const stop = old.queue.work('lane', { concurrency: 1 }, held.work);
    await old.queue.add('lane', { id: 'a', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a']));
    const next = await openPlugin(queuePlugin, old.options, old.services, old.plugin.exportState?.());
    const closing = old.close();
    await next.plugin.queue.add('lane', { id: 'b', payload: 0 });
    await until(() => expect(held.begun).toEqual(['a', 'b']));
    held.end('a');
    await closing;
    expect(await next.plugin.queue.get('lane', 'a')).toMatchObject({ state: 'done' });
    held.end('b');
    await stop();
    await next.plugin.queue.add('lane', { id: 'c', payload: 0 });
    await sleep(100);
    expect(await next.plugin.queue.get('lane', 'c')).toMatchObject({ state: 'waiting' });
    await next.close();
  });

  on('that are over are forgotten by age and by number', async () => {
    const { queue } = await open({ keepJobs: 3, pruneMs: 100 });
    queue.work('lane', { concurrency: 1 }, async () => sleep(2));
    for (let at = 0; at < 8; at++) await queue.add('lane', { id: `${at}`, payload: 0 });
    await until(async () => expect(await queue.counts('lane')).toMatchObject({ waiting: 0, active: 0, done: 3 }));
    expect(await queue.get('lane', '0')).toBeUndefined();
    expect(await queue.get('lane', '7')).toMatchObject({ state: 'done' });
    expect(await queue.add('lane', { id: '0', payload: 0 })).toMatchObject({ added: true });
    await until(async () => expect(await queue.get('lane', '0')).toMatchObject({ state: 'done' }));
    await backend().age();
    await until(async () => expect((await queue.counts('lane')).done).toBe(0));
  });

  on('that make no sense are refused', async () => {
    const { queue } = await open({ maxPayloadBytes: 20 });
    const job = { id: 'a', payload: 0 };
    await expect(queue.add('', job)).rejects.toMatchObject({ code: 'JOB_INVALID', kind: 'invalid' });
    await expect(queue.add('lane', { ...job, id: 'x'.repeat(201) })).rejects.toMatchObject({ code: 'JOB_INVALID' });
    await expect(queue.add('lane', { ...job, priority: 0.5 })).rejects.toMatchObject({ code: 'JOB_INVALID' });
    await expect(queue.add('lane', { ...job, notBefore: Number.NaN })).rejects.toMatchObject({ code: 'JOB_INVALID' });
    await expect(queue.add('lane', { ...job, payload: 'x'.repeat(20) })).rejects.toMatchObject({
      code: 'JOB_TOO_LARGE',
      kind: 'too_large',
    });
    expect(() => queue.work('lane', { concurrency: 0 }, async () => undefined)).toThrow('concurrency');
  });

  on('end in exactly one way, whatever two processes do with them', async () => {
    const plan = fc.record({
      throws: fc.integer({ min: 0, max: 4 }),
      priority: fc.integer({ min: -2, max: 2 }),
      isCancelled: fc.boolean(),
      ms: fc.integer({ min: 0, max: 4 }),
    });
    const [one, two] = [await open({ attempts: 3, pauseMs: 1 }), await open({ attempts: 3, pauseMs: 1 })];
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 3 }),
        async (plans, concurrency) => {
          const lane = `round ${round++}`;
          const tries = plans.map(() => 0);
          const atWork = new Set<string>();
          const most = new Map<object, number>();
          const stops = [one.queue, two.queue].map((queue) => {
            let now = 0;
            return queue.work(lane, { concurrency }, async ({ id }) => {
              expect(atWork.has(id), 'one worker at a time').toBe(false);
              atWork.add(id);
              most.set(queue, Math.max(most.get(queue) ?? 0, ++now));
              const { throws, ms } = plans[Number(id)]!;
              await sleep(ms);
              now--;
              atWork.delete(id);
              if (tries[Number(id)]!++ < throws) throw new Error('planned');
            });
          });
          const cancelled = new Set<number>();
          await Promise.all(
            plans.map(async ({ priority, isCancelled }, at) => {
              await one.queue.add(lane, { id: `${at}`, payload: at, priority });
              if (isCancelled && (await two.queue.cancel(lane, `${at}`))) cancelled.add(at);
            }),
          );
          await until(async () => expect(await one.queue.counts(lane)).toMatchObject({ waiting: 0, active: 0 }));
          await Promise.all(stops.map((stop) => stop()));
          for (const [at, { throws }] of plans.entries()) {
            const job = (await two.queue.get(lane, `${at}`))!;
            if (job.state === 'cancelled') expect(cancelled.has(at)).toBe(true);
            else expect(job.state).toBe(throws >= 3 ? 'failed' : 'done');
            if (job.state === 'done') expect(tries[at]).toBe(throws + 1);
          }
          for (const seen of most.values()) expect(seen).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 15 },
    );
  });
});
