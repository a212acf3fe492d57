import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { QUEUE } from './api.ts';
import { queueConfig } from './config.ts';
import { DurableQueue } from './durable-queue.ts';
import { JobTable } from './job-table.ts';
import { RedisJobs } from './redis-jobs.ts';

export default definePlugin({
  name: 'queue',
  summary: 'Durable jobs: leases, attempts, priorities; what a dead worker had comes back.',
  config: queueConfig,
  requires: { storage: STORAGE },
  provides: { queue: QUEUE },
  stateVersion: 2,
  create: ({ storage, config, log, signal }) => {
    const queue = new DurableQueue({
      ...{ config, log, signal },
      store: (heard) =>
        config.redis.url === '' ? new JobTable(storage, config.leaseMs) : new RedisJobs({ config, log, heard }),
    });
    return {
      queue,
      start: () => queue.start(),
      stop: () => queue.stop(),
      health: () => queue.health(),
      exportState: () => queue.engagements,
      importState: (state: unknown) => queue.adopt(state as DurableQueue['engagements']),
    };
  },
});
