import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { fault } from '#kernel';
import { onEveryBackend, until } from './open-queue.ts';

const LATENCY_MS = 40;

/** Serves so many calls at once, and answers 429 to all above. */
async function startModel(ceiling: number) {
  const state = { ceiling, there: 0, most: 0, calls: 0, refused: 0 };
  const server = createServer(async (_request, response) => {
    state.calls++;
    if (state.there >= state.ceiling) {
      state.refused++;
      response.writeHead(429).end();
      return;
    }
    state.there++;
    state.most = Math.max(state.most, state.there);
    await sleep(LATENCY_MS);
    state.there--;
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { state, url, stop };
}

onEveryBackend(
  'lanes that adapt',
  ({ open, on }) => {
    on('find what a real server takes, and stay there', { timeout: 60_000 }, async () => {
      const { queue, plugin } = await open({ adapt: { probeCalls: 60, maxProbeCalls: 120 } });
      const { state, url, stop } = await startModel(8);
      const changes: number[] = [];
      try {
        await queue.addMany(
          'lane',
          Array.from({ length: 3_000 }, (_, at) => ({ id: `${at}`, payload: at })),
        );
        const end = queue.work(
          'lane',
          { concurrency: 32, adapt: { onChange: (limit) => void changes.push(limit) } },
          async (_job, signal) => {
            const { status } = await fetch(url, { signal });
            if (status === 429) throw fault('RETRY_LATER', 'no room', { data: { afterMs: 1, overloaded: true } });
          },
        );
        await until(() => expect(state.calls).toBeGreaterThan(300));
        const before = { calls: state.calls, refused: state.refused };
        await until(() => expect(state.calls).toBeGreaterThan(before.calls + 400));
        expect(state.most).toBe(8);
        expect(changes.at(-1)).toBeGreaterThanOrEqual(7);
        expect(changes.at(-1)).toBeLessThanOrEqual(9);
        expect((state.refused - before.refused) / (state.calls - before.calls)).toBeLessThan(0.03);
        expect(plugin.health?.()).toMatchObject({ detail: { limits: { lane: changes.at(-1) } } });

        state.ceiling = 20;
        await until(() => expect(changes.at(-1)).toBeGreaterThanOrEqual(18));
        await end();
        // A refusal is no attempt, and nothing was lost.
        expect(await queue.counts('lane')).toMatchObject({ failed: 0, cancelled: 0, active: 0 });
      } finally {
        await stop();
      }
    });

    on('go on when their listener throws', async () => {
      const { queue, lines } = await open();
      const onChange = (): void => {
        throw new Error('not my day');
      };
      queue.work('lane', { concurrency: 8, adapt: { onChange } }, async () => sleep(1));
      await queue.addMany(
        'lane',
        Array.from({ length: 100 }, (_, at) => ({ id: `${at}`, payload: at })),
      );
      await until(async () => expect((await queue.counts('lane')).done).toBe(100));
      expect(lines.map(({ fields }) => fields.reason)).toContain('not my day');
    });
  },
  ['sqlite'],
);
