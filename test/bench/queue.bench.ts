// Jobs a second of the queue on the embedded database: added, taken, worked (nothing) and finished, each step durable.
//   node test/bench/queue.bench.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import queuePlugin from '../../plugins/queue/index.ts';
import storagePlugin from '../../plugins/storage/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';

const JOBS = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'queue-'));
const storage = await openPlugin(storagePlugin, { dir: folder });
const opened = await openPlugin(queuePlugin, {}, { storage: storage.plugin.storage });
const { queue } = opened.plugin;
const rate = (begun: number): string => `${Math.round(JOBS / ((performance.now() - begun) / 1_000))} jobs/s`;

for (const concurrency of [1, 4, 32]) {
  const lane = `concurrency ${concurrency}`;
  const adding = performance.now();
  for (let at = 0; at < JOBS; at++) await queue.add(lane, { id: `${at}`, payload: { at } });
  const added = rate(adding);
  const working = performance.now();
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let left = JOBS;
  const stop = queue.work(lane, { concurrency }, async () => void (--left === 0 && resolve()));
  await all;
  console.log(`${lane}: ${JOBS} added at ${added}, worked at ${rate(working)}`);
  await stop();
}
const latencies: number[] = [];
const stop = queue.work('latency', { concurrency: 1 }, async ({ payload }) => {
  latencies.push(performance.now() - (payload as number));
});
for (let at = 0; at < 200; at++) {
  await queue.add('latency', { id: `${at}`, payload: performance.now() });
  await sleep(2);
}
latencies.sort((a, b) => a - b);
console.log(
  `from add to work on an idle lane: p50 ${latencies[100]!.toFixed(2)} ms, p99 ${latencies[198]!.toFixed(2)} ms`,
);
await stop();
await opened.close();
await storage.close();
rmSync(folder, { recursive: true, force: true });
