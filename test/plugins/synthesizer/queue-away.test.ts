import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { madeLines } from '../../support/made-trajectories.ts';
import { findRedis, startRedis } from '../../support/redis.ts';
import { synthesisModel } from '../../support/synthesis-model.ts';
import { forever, openSynthesis } from './open-synthesis.ts';

test.skipIf(findRedis() === undefined)(
  'a queue that goes away, comes back, and has lost its jobs ends no run and loses nothing',
  async () => {
    const redis = await startRedis();
    const model = await synthesisModel({ latencyMs: 50 });
    const at = await openSynthesis({ model: model.url, env: { REDIS_URL: redis.url } });
    try {
      const done = at.synthesis.once([at.file('runs.jsonl', madeLines(120))], forever());
      while (model.stats().answered < 20) await sleep(10);
      await redis.kill();
      await sleep(300);
      await redis.start();
      await redis.flush();
      expect(await done).toMatchObject({ imported: 120, essences: 120, failed: 0 });
      expect(at.seeds().length + at.lines('dropped_seeds.jsonl').length).toBe(120);
    } finally {
      await at.close();
      await model.close();
      await redis.stop();
    }
  },
  60_000,
);
