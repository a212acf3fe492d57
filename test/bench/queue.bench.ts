// Jobs a second of the queue, and CPU of this process for each, on every place that it can keep jobs in: added one by one,
// added in one call, taken and finished (work that is nothing, and work that takes a moment), each step durable.
//   node test/bench/queue.bench.ts            all places
//   node test/bench/queue.bench.ts redis      one of sqlite, postgres, redis
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import queuePlugin from '../../plugins/queue/index.ts';
import storagePlugin from '../../plugins/storage/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { findRedis, startRedis } from '../support/redis.ts';

const JOBS = 10_000;
const MANY = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'queue-'));

/** Jobs a second, and CPU of this process a job. */
async function measured(jobs: number, work: () => Promise<unknown>): Promise<string> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return `${Math.round(jobs / seconds)} jobs/s, ${((user + system) / jobs).toFixed(0)} us CPU a job`;
}

async function race(name: string, place: object, jobsIn: object): Promise<void> {
  console.log(`\n${name}`);
  const storage = await openPlugin(storagePlugin, place);
  const opened = await openPlugin(queuePlugin, jobsIn, { storage: storage.plugin.storage });
  const { queue } = opened.plugin;
  const worked = (lane: string, jobs: number, concurrency: number, work: () => Promise<void> | void) => async () => {
    const { promise: all, resolve } = Promise.withResolvers<void>();
    let left = jobs;
    const stop = queue.work(lane, { concurrency }, async () => {
      await work();
      if (--left === 0) resolve();
    });
    await all;
    await stop();
  };
  const jobs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `${at}`, payload: { at } }));

  console.log(`  addMany of ${MANY}: ${await measured(MANY, () => queue.addMany('many', jobs(MANY)))}`);
  const addOne = async () => {
    for (const job of jobs(2_000)) await queue.add('one by one', job);
  };
  console.log(`  add, one by one: ${await measured(2_000, addOne)}`);
  for (const concurrency of [1, 4, 32]) {
    const lane = `concurrency ${concurrency}`;
    await queue.addMany(lane, jobs(JOBS));
    console.log(
      `  take and finish, ${lane}: ${await measured(
        JOBS,
        worked(lane, JOBS, concurrency, () => undefined),
      )}`,
    );
  }
  await queue.addMany('busy', jobs(5_000));
  const busy = worked('busy', 5_000, 32, () => sleep(5 + Math.random() * 10));
  console.log(`  the same, concurrency 32, work of 5 to 15 ms: ${await measured(5_000, busy)}`);

  const latencies: number[] = [];
  const stop = queue.work('latency', { concurrency: 1 }, async ({ payload }) => {
    latencies.push(performance.now() - (payload as number));
  });
  for (let at = 0; at < 200; at++) {
    await queue.add('latency', { id: `${at}`, payload: performance.now() });
    await sleep(2);
  }
  await stop();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]!.toFixed(2);
  console.log(`  from add to work on an idle lane: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  await opened.close();
  await storage.close();
}

/** BullMQ's own worker on the same Redis, for comparison. */
async function racePeer(url: string): Promise<void> {
  console.log('\nBullMQ by itself');
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('peer', { connection });
  const many = Array.from({ length: JOBS }, (_, at) => ({
    name: 'job',
    data: { at },
    opts: { jobId: `=${at}`, priority: 9 },
  }));
  console.log(`  addBulk of ${JOBS}: ${await measured(JOBS, () => queue.addBulk(many))}`);
  let left = JOBS;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const worked = async () => {
    const work = async () => void (--left === 0 && resolve());
    const worker = new Worker('peer', work, { connection, concurrency: 32 });
    await all;
    await worker.close();
  };
  console.log(`  take and finish, concurrency 32: ${await measured(JOBS, worked)}`);
  await queue.close();
  connection.disconnect();
}

const [only] = process.argv.slice(2);
const wants = (name: string, isFound: boolean): boolean => {
  if (!isFound) console.log(`\n${name}: not installed, left out`);
  return isFound && (only === undefined || only === name);
};
if (wants('sqlite', true)) await race('sqlite', { dir: join(folder, 'a') }, {});
if (wants('postgres', findPostgres() !== undefined)) {
  const server = await startPostgres();
  await race('postgres', { url: await server.createDatabase() }, {});
  await server.stop();
}
if (wants('redis', findRedis() !== undefined)) {
  const server = await startRedis();
  await race('redis', { dir: join(folder, 'b') }, { redis: { url: server.url } });
  await racePeer(server.url);
  await server.stop();
}
rmSync(folder, { recursive: true, force: true });
