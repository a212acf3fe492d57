import { type Log, reason } from '#kernel';
import type { Cached, CacheSpace, CacheStatistics, Computed, StoreOptions } from './api.ts';
import type { SpaceOptions } from './config.ts';
import type { Counter } from './counts.ts';
import { type Found, find } from './find.ts';
import { Flight, limited } from './flight.ts';
import type { Layer } from './layer.ts';
import { type Kept, shortOf } from './record.ts';
import { type Moments, momentsOf, stands, type Tags } from './tags.ts';
import { Turns } from './turns.ts';

export interface SpaceParts {
  readonly name: string;
  readonly options: SpaceOptions;
  readonly tags: Tags;
  readonly counter: Counter;
  readonly log: Log;
  readonly maxValueBytes: number;
  readonly computeTimeoutMs: number;
  /** None before the start. */
  readonly layers: () => Promise<readonly Layer[]>;
}

interface Outcome<V> extends Omit<Cached<V>, 'ageMs'> {
  readonly at: number;
  /** Nothing in it was invalidated until nobody could join any more. */
  readonly isCurrent: boolean;
}

export const tagOf = (space: string): string => shortOf(`space:${space}`);

export class LayeredSpace<V> implements CacheSpace<V> {
  readonly #parts: SpaceParts;
  readonly #tag: string;
  readonly #flights = new Map<string, Flight<Outcome<V>>>();
  /** Also those that nobody can join any more. */
  readonly #running = new Set<Flight<Outcome<V>>>();
  readonly #turns = new Turns();
  #open: readonly Layer[] = [];
  #changes = 0;

  constructor(parts: SpaceParts) {
    this.#parts = parts;
    this.#tag = tagOf(parts.name);
  }

  get statistics(): CacheStatistics {
    return { ...this.#parts.counter.counts, entries: Math.max(0, ...this.#open.map(({ size }) => size)) };
  }

  async through(
    name: string,
    compute: (signal: AbortSignal) => Promise<Computed<V>>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Cached<V>> {
    const key = shortOf(name);
    for (;;) {
      signal?.throwIfAborted();
      const other = this.#flights.get(key);
      const isLate = other?.hasLooked === true;
      const flight = other ?? this.#begin(key, compute);
      const { at, isCurrent, ...outcome } = await flight.join(signal);
      if (isLate && !isCurrent) continue;
      const { counter } = this.#parts;
      counter.count(outcome.stale ? 'stale' : outcome.hit ? 'hits' : other === undefined ? 'misses' : 'joined');
      return { ...outcome, ageMs: outcome.hit ? Math.max(0, Date.now() - at) : 0 };
    }
  }

  async get(name: string): Promise<Cached<V> | undefined> {
    const key = shortOf(name);
    const before = this.#changes;
    const { fresh, above } = await this.#find(key);
    this.#parts.counter.count(fresh === undefined ? 'misses' : 'hits');
    if (fresh === undefined) return undefined;
    await this.#copyUp(key, fresh, above, () => this.#changes === before);
    return { value: fresh.value as V, hit: true, ageMs: Math.max(0, Date.now() - fresh.at), stale: false };
  }

  async set(name: string, value: V, options: StoreOptions = {}): Promise<void> {
    const key = shortOf(name);
    this.#overtake(key);
    // Of now, not of when its turn comes: what is invalidated while it waits is newer than the value.
    const readings = this.#parts.tags.read([]);
    await this.#turns.take(key, async () => {
      await this.#put(key, this.#keptOf(value, options, momentsOf(await readings)), true);
    });
  }

  async delete(name: string): Promise<void> {
    const key = shortOf(name);
    this.#overtake(key);
    await this.#turns.take(key, async () => {
      await Promise.all((await this.#layers()).map((layer) => layer.delete(key)));
    });
  }

  async clear(): Promise<void> {
    for (const key of [...this.#flights.keys()]) this.#overtake(key);
    this.#changes += 1;
    // The tag reaches what others keep of this space; the rest only frees room.
    await this.#parts.tags.invalidate([this.#tag]);
    await Promise.all((await this.#layers()).map((layer) => layer.clear()));
  }

  /** Ends what is being computed. */
  end(why: unknown): void {
    for (const flight of this.#running) flight.end(why);
  }

  #begin(key: string, compute: (signal: AbortSignal) => Promise<Computed<V>>): Flight<Outcome<V>> {
    const leave = (flight: Flight<Outcome<V>>): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const work = async (flight: Flight<Outcome<V>>): Promise<Outcome<V>> => {
      try {
        return await this.#look(key, compute, flight, leave);
      } finally {
        leave(flight);
        this.#running.delete(flight);
      }
    };
    const flight = new Flight(work, leave);
    this.#flights.set(key, flight);
    this.#running.add(flight);
    return flight;
  }

  async #look(
    key: string,
    compute: (signal: AbortSignal) => Promise<Computed<V>>,
    flight: Flight<Outcome<V>>,
    leave: (flight: Flight<Outcome<V>>) => void,
  ): Promise<Outcome<V>> {
    const { tags, computeTimeoutMs, counter } = this.#parts;
    const looking = (): void => {
      flight.hasLooked = true;
    };
    const isWanted = (): boolean => !flight.isOvertaken;
    const { fresh, stale, above } = await this.#find(key, looking);
    if (fresh !== undefined) {
      await this.#copyUp(key, fresh, above, isWanted);
      return { value: fresh.value as V, hit: true, at: fresh.at, stale: false, isCurrent: false };
    }
    looking();
    const moments = momentsOf(await tags.read([]));
    let computed: Computed<V>;
    try {
      computed = await limited(compute, flight.signal, computeTimeoutMs);
    } catch (error) {
      leave(flight);
      flight.signal.throwIfAborted();
      counter.count('failures');
      if (stale === undefined || !(await this.#mayStillBeGiven(stale))) throw error;
      return { value: stale.value as V, hit: true, at: stale.at, stale: true, isCurrent: true };
    }
    const kept = this.#keptOf(computed.value, computed, moments);
    const isCurrent = async (): Promise<boolean> => stands(moments, await tags.read([this.#tag, ...kept.tags]));
    if (computed.keep !== false && (await isCurrent()))
      await this.#turns.take(key, async () => {
        if (isWanted()) await this.#put(key, kept, false);
      });
    leave(flight);
    return { value: computed.value, hit: false, at: kept.at, stale: false, isCurrent: await isCurrent() };
  }

  #find(key: string, judging?: () => void): Promise<Found> {
    const { tags, options } = this.#parts;
    const search = { key, tags, spaceTag: this.#tag, staleMs: options.staleMs, ...(judging && { judging }) };
    return this.#layers().then((layers) => find({ ...search, layers }));
  }

  async #mayStillBeGiven({ until, tags, moments }: Kept): Promise<boolean> {
    if (until !== null && Date.now() - until >= this.#parts.options.staleMs) return false;
    return stands(moments, await this.#parts.tags.read([this.#tag, ...tags]));
  }

  #keptOf(value: V, { ttlMs = this.#parts.options.ttlMs, tags = [] }: StoreOptions, moments: Moments): Kept {
    const at = Date.now();
    const until = ttlMs === 0 ? null : at + ttlMs;
    return { value, at, until, tags: [...new Set(tags.map(shortOf))], moments };
  }

  async #put(key: string, kept: Kept, replaces: boolean): Promise<void> {
    const layers = await this.#layers();
    const keepMs = this.#keepMs(kept);
    if (this.#fits(key, kept) && (keepMs === undefined || keepMs > 0))
      await Promise.all(layers.map((layer) => layer.set(key, kept, { keepMs, replaces })));
    else if (replaces) await Promise.all(layers.map((layer) => layer.delete(key)));
  }

  async #copyUp(key: string, kept: Kept, above: readonly Layer[], isWanted: () => boolean): Promise<void> {
    if (above.length === 0) return;
    const keepMs = this.#keepMs(kept);
    await this.#turns.take(key, async () => {
      if (isWanted()) await Promise.all(above.map((layer) => layer.set(key, kept, { keepMs, replaces: false })));
    });
  }

  /** A value that is over is kept on, for when it cannot be computed anew. */
  #keepMs({ until }: Kept): number | undefined {
    return until === null ? undefined : Math.ceil(until + this.#parts.options.staleMs - Date.now());
  }

  #fits(key: string, { value }: Kept): boolean {
    const { name, log, maxValueBytes } = this.#parts;
    try {
      const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
      if (bytes <= maxValueBytes) return true;
      log.debug('a value is too large to be kept', { space: name, key, bytes });
    } catch (error) {
      log.debug('a value cannot be kept', { space: name, key, reason: reason(error) });
    }
    return false;
  }

  async #layers(): Promise<readonly Layer[]> {
    if (this.#open.length === 0) this.#open = await this.#parts.layers();
    return this.#open;
  }

  #overtake(key: string): void {
    this.#changes += 1;
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isOvertaken = true;
    this.#flights.delete(key);
  }
}
