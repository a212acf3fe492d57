import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { QUEUE } from './api.ts';
import { queueConfig } from './config.ts';
import { DurableQueue } from './durable-queue.ts';

export default definePlugin({
  name: 'queue',
  summary: 'Durable jobs: leases, attempts, priorities; what a dead worker had comes back.',
  config: queueConfig,
  requires: { storage: STORAGE },
  provides: { queue: QUEUE },
  stateVersion: 1,
  create: (parts) => {
    const queue = new DurableQueue(parts);
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
