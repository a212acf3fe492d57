import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Notices } from './job-store.ts';
import type { RedisPlace } from './redis-place.ts';

const notice = z.union([
  z.tuple([z.string(), z.literal('wake'), z.string()]),
  z.tuple([z.string(), z.literal('cancelled'), z.string(), z.string()]),
]);
/** Additions within this time are one notice. */
const GATHER_MS = 5;

/**
 * Tells the other processes at once what they would see at their next poll, or renewal. Nothing depends on it: a notice
 * that is lost costs that time.
 */
export class RedisNotices {
  readonly #place: RedisPlace;
  readonly #channel: string;
  readonly #sender = randomUUID();
  readonly #lanes = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(place: RedisPlace, prefix: string) {
    this.#place = place;
    this.#channel = `${prefix}:notices`;
  }

  open(heard: Notices): void {
    this.#place.listen(this.#channel, (message) => {
      const said = parsed(message);
      if (said === undefined || said[0] === this.#sender) return;
      if (said[1] === 'wake') heard.wake(said[2]);
      else heard.cancelled(said[2], said[3]);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  wake(lane: string): void {
    this.#lanes.add(lane);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const each of this.#lanes) this.#say('wake', each);
      this.#lanes.clear();
    }, GATHER_MS).unref();
  }

  cancelled(lane: string, id: string): void {
    this.#say('cancelled', lane, id);
  }

  #say(...said: readonly string[]): void {
    this.#place
      .attempt((client) => client.publish(this.#channel, JSON.stringify([this.#sender, ...said])))
      .catch(() => {});
  }
}

function parsed(message: string): z.output<typeof notice> | undefined {
  try {
    return notice.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
