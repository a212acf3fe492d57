import type { Queue, QueueOptions, WorkerOptions } from 'bullmq';
import type { QueueConfig } from './config.ts';
import { laneOf, queueNameOf } from './redis-names.ts';
import type { RedisPlace } from './redis-place.ts';

export interface BullLane {
  readonly name: string;
  readonly queue: Queue;
  /** The beginning of its keys. */
  readonly base: string;
  nextStalledCheck: number;
}

/** The worker decides itself what is given up. */
const NO_LIMIT = 1_000_000_000;

/** BullMQ's queue of each lane that this process has to do with, all on one connection. */
export class BullLanes {
  readonly #config: QueueConfig;
  readonly #place: RedisPlace;
  readonly #lanes = new Map<string, BullLane>();
  #bull: typeof import('bullmq') | undefined;

  constructor(config: QueueConfig, place: RedisPlace) {
    this.#config = config;
    this.#place = place;
  }

  /** BullMQ is loaded when it is needed. */
  async open(): Promise<typeof import('bullmq')> {
    this.#bull = await import('bullmq');
    return this.#bull;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#lanes.values()].map(({ queue }) => queue.close()));
  }

  get(name: string): BullLane {
    let lane = this.#lanes.get(name);
    if (lane !== undefined) return lane;
    const { redis, leaseMs } = this.#config;
    const options: QueueOptions & Pick<WorkerOptions, 'lockDuration' | 'maxStalledCount' | 'stalledInterval'> = {
      connection: this.#place.client,
      prefix: redis.prefix,
      skipVersionCheck: true,
      skipWaitingForReady: true,
      lockDuration: leaseMs,
      maxStalledCount: NO_LIMIT,
      stalledInterval: this.#stalledCheckMs,
    };
    const queue = new this.#bull!.Queue(queueNameOf(name), options);
    queue.on('error', () => {});
    lane = { name, queue, base: this.baseOf(name), nextStalledCheck: 0 };
    this.#lanes.set(name, lane);
    this.#register(lane);
    return lane;
  }

  baseOf(name: string): string {
    return `${this.#config.redis.prefix}:${queueNameOf(name)}:`;
  }

  /** All lanes that are there, also those of other processes. */
  async names(): Promise<readonly string[]> {
    for (const lane of this.#lanes.values()) this.#register(lane);
    return (await this.#place.attempt((client) => client.smembers(this.#key))).map(laneOf);
  }

  /** Jobs at work whose lock ran out wait again. BullMQ sees to it that one process at a time looks. */
  async recoverStalled(lane: BullLane): Promise<void> {
    const now = Date.now();
    if (now < lane.nextStalledCheck) return;
    lane.nextStalledCheck = now + this.#stalledCheckMs;
    const stalled = await this.#place.attempt(() => lane.queue.getBackend().moveStalledJobsToWait());
    if (stalled.length > 0) await this.#place.script('settle', lane.base, now, 0, ...stalled);
  }

  /** BullMQ has no list of its queues. */
  #register({ queue }: BullLane): void {
    this.#place.attempt((client) => client.sadd(this.#key, queue.name)).catch(() => {});
  }
  get #key(): string {
    return `${this.#config.redis.prefix}:lanes`;
  }
  get #stalledCheckMs(): number {
    return Math.max(20, Math.floor(this.#config.leaseMs / 3));
  }
}
