import { Redis } from 'ioredis';
import type { Storage } from '#plugins/storage/api';

/** What tests do to the kept jobs behind the queue's back, as other workers, time and death would. */
export interface Backend {
  /** Another worker took it while the one that has it was frozen. */
  steal(id: string): Promise<void>;
  /** It is at work, and its worker died: so often with this time. */
  orphan(id: string, lost: number): Promise<void>;
  /** It is at work elsewhere for a long time. */
  takeElsewhere(id: string): Promise<void>;
  /** What is over has been so for years. */
  age(): Promise<void>;
  close(): Promise<void>;
}

export const sqlBackend = (storage: () => Storage): Backend => ({
  steal: async (id) => {
    await storage().run("UPDATE queue_jobs SET token = 'another', due_at = ? WHERE id = ?", [Date.now() + 60_000, id]);
  },
  orphan: async (id, lost) => {
    await storage().run(
      "UPDATE queue_jobs SET state = 'active', token = 'dead', due_at = 0, lost = ?, attempts = ? WHERE id = ?",
      [lost - 1, lost, id],
    );
  },
  takeElsewhere: async (id) => {
    await storage().run("UPDATE queue_jobs SET state = 'active', token = 'alive', due_at = ? WHERE id = ?", [
      Date.now() + 60_000,
      id,
    ]);
  },
  age: async () => {
    await storage().run('UPDATE queue_jobs SET ended_at = 1 WHERE ended_at IS NOT NULL');
  },
  close: async () => {},
});

export function redisBackend(url: string, prefix: string): Backend {
  const redis = new Redis(url);
  redis.on('error', () => {});
  const base = `${prefix}:lane:`;
  const activate = async (id: string): Promise<void> => {
    await redis.zrem(`${base}prioritized`, `=${id}`);
    await redis.lrem(`${base}active`, 0, `=${id}`);
    await redis.del(`${base}=${id}:lock`);
    await redis.lpush(`${base}active`, `=${id}`);
  };
  return {
    steal: async (id) => {
      await redis.set(`${base}=${id}:lock`, 'another', 'PX', 60_000);
    },
    orphan: async (id, lost) => {
      await activate(id);
      await redis.sadd(`${base}stalled`, `=${id}`);
      await redis.hset(`${base}=${id}`, { stc: lost - 1, ats: lost });
      await redis.del(`${base}stalled-check`);
    },
    takeElsewhere: async (id) => {
      await activate(id);
      await redis.set(`${base}=${id}:lock`, 'alive', 'PX', 60_000);
    },
    age: async () => {
      for (const set of ['completed', 'failed', 'cancelled'])
        for (const id of await redis.zrange(base + set, '0', '-1')) await redis.zadd(base + set, 1, id);
    },
    close: async () => {
      redis.disconnect();
    },
  };
}
