import { type Moment, ProcessClock, type Reading, type TagClock } from './clock.ts';
import { ALL, type Place } from './place.ts';

/**
 * Who can say whether a value is void. The first that answers must know the value; the others may object. Redis comes
 * first where it is shared by servers with different databases: each of those hears but a part.
 */
const SHARED_REDIS = ['redis', 'storage', 'process'] as const;
const SHARED_DATABASE = ['storage', 'redis', 'process'] as const;
type Witness = (typeof SHARED_REDIS)[number];
type By<T> = { readonly [W in Witness]?: T | undefined };

/** The moments at which computing a value began, by clock; a clock that was away is missing. */
export type Moments = By<Moment>;
export type Readings = By<Reading>;

export interface SharedClock {
  readonly place: Place;
  readonly clock: TagClock;
}

/** What was invalidated when, in this process and in every other one with which it shares Redis or the database. */
export class Tags {
  readonly #process: ProcessClock;
  readonly #shared: { redis?: SharedClock; storage?: SharedClock } = {};

  constructor(maxTags: number) {
    this.#process = new ProcessClock(maxTags);
  }

  share(witness: 'redis' | 'storage', shared: SharedClock): void {
    this.#shared[witness] = shared;
  }

  /** An invalidation that ended before the call is in it; what comes meanwhile may be, too, but only as one to come. */
  async read(tags: readonly string[]): Promise<Readings> {
    const all = [ALL, ...tags];
    const { redis, storage } = this.#shared;
    const before = this.#process.read(all);
    const [fromRedis, fromStorage] = await Promise.all([
      redis?.place.ask(() => redis.clock.read(all)),
      storage?.place.ask(() => storage.clock.read(all)),
    ]);
    const { epoch, newest } = this.#process.read(all);
    return {
      process: { ...before, newest: epoch === before.epoch ? newest : Number.POSITIVE_INFINITY },
      ...(fromStorage && { storage: fromStorage }),
      ...(fromRedis && { redis: fromRedis }),
    };
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    this.#process.bump(tags);
    await Promise.all(Object.values(this.#shared).map(({ place, clock }) => place.tell(tags, () => clock.bump(tags))));
  }

  /** For what only this process knows, such as its own registry: at once, and without asking anybody. */
  invalidateHere(tag: string): void {
    this.#process.bump([tag]);
  }
}

export function momentsOf(readings: Readings): Moments {
  const moments: { [W in Witness]?: Moment } = {};
  for (const witness of SHARED_REDIS) {
    const reading = readings[witness];
    if (reading !== undefined) moments[witness] = { epoch: reading.epoch, ticks: reading.ticks };
  }
  return moments;
}

/** Whether a value with these moments may be given. `readings` are of its own tags. */
export function stands(moments: Moments, readings: Readings): boolean {
  let isVouched = false;
  let isFirst = true;
  const { redis, storage } = readings;
  const order = storage !== undefined && redis?.database === storage.database ? SHARED_DATABASE : SHARED_REDIS;
  for (const witness of order) {
    const now = readings[witness];
    if (now === undefined) continue;
    const then = moments[witness];
    const isKnown = then !== undefined && then.epoch === now.epoch;
    if (isKnown && now.newest > then.ticks) return false;
    if (isFirst) isVouched = isKnown;
    isFirst = false;
  }
  return isVouched;
}
