import { randomUUID } from 'node:crypto';
import type { BullLane } from './bull-lanes.ts';
import type { StoredJob } from './job-store.ts';
import { bullIdOf, bullPriorityOf } from './redis-names.ts';
import type { RedisPlace } from './redis-place.ts';

/** One pipeline holds at most so many jobs, and bytes: Redis serves others in between. */
const CHUNK = 1_000;
const CHUNK_BYTES = 4_194_304;

/** How many were new. BullMQ does not tell whether a job was there; whose name it bears does. */
export async function addToBull(
  place: RedisPlace,
  { queue, base }: BullLane,
  jobs: readonly StoredJob[],
): Promise<number> {
  const mark = randomUUID();
  let added = 0;
  for (const chunk of chunks(jobs)) {
    const now = Date.now();
    const additions = chunk.map((job) => ({
      name: mark,
      data: JSON.parse(job.payload) as unknown,
      opts: {
        jobId: bullIdOf(job.id),
        priority: bullPriorityOf(job),
        timestamp: now,
        ...(job.dueAt > now && { delay: job.dueAt - now }),
      },
    }));
    await place.attempt(() => queue.addBulk(additions));
    added += Number(await place.script('named', base, mark, ...additions.map(({ opts }) => opts.jobId)));
  }
  return added;
}

function* chunks(jobs: readonly StoredJob[]): Generator<readonly StoredJob[]> {
  let chunk: StoredJob[] = [];
  let bytes = 0;
  for (const job of jobs) {
    if (chunk.length > 0 && (chunk.length >= CHUNK || bytes + job.payload.length > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(job);
    bytes += job.payload.length;
  }
  if (chunk.length > 0) yield chunk;
}
