import { fault, type Log, nearest } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { Telemetry } from '#plugins/telemetry/api';
import type { Cache, CacheSpace, CacheStatistics } from './api.ts';
import type { CacheConfig, LayerName } from './config.ts';
import { Counter } from './counts.ts';
import { type Layer, openKeyv, PlacedLayer } from './layer.ts';
import { Memory } from './memory.ts';
import { Place } from './place.ts';
import { shortOf } from './record.ts';
import { type OpenRedis, openRedis } from './redis.ts';
import { LayeredSpace, tagOf } from './space.ts';
import { optionsOf, SPACES } from './spaces.ts';
import { StorageClock } from './storage-clock.ts';
import { StorageStore } from './storage-store.ts';
import { Sweep } from './sweep.ts';
import { Tags } from './tags.ts';

export interface CacheParts {
  readonly config: CacheConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly storage: Storage;
  readonly telemetry: Telemetry | undefined;
}

const MIB = 1_048_576;

export class LayeredCache implements Cache {
  readonly tags: Tags;
  readonly sweep: Sweep;
  readonly #parts: CacheParts;
  readonly #spaces = new Map<string, LayeredSpace<unknown>>();
  readonly #memory: Memory;
  readonly #clock: StorageClock;
  readonly #database: Place;
  #redis: OpenRedis | undefined;
  #isOpen = false;

  constructor(parts: CacheParts) {
    const { config, storage, log, signal } = parts;
    this.#parts = parts;
    this.tags = new Tags(config.maxTags);
    this.#memory = new Memory(config.memory.maxMb * MIB);
    const clock = new StorageClock(storage, config.maxTags);
    this.#clock = clock;
    this.#database = new Place({
      name: 'The database',
      ...config.persistent,
      log,
      signal,
      isGone: () => false,
      restore: async (missed) => {
        await clock.read([]);
        if (missed.length > 0) await clock.bump(missed);
      },
    });
    this.sweep = new Sweep({
      storage,
      log,
      maxBytes: config.persistent.maxMb * MIB,
      everyMs: config.persistent.sweepMs,
      maxEntriesOf: (space) => optionsOf(space, config).maxEntries,
    });
  }

  /** The tables are there. */
  async open(): Promise<void> {
    const { config } = this.#parts;
    await this.#clock.open();
    await this.#database.open(config.persistent.timeoutMs);
    this.tags.share('storage', { place: this.#database, clock: this.#clock });
    if (config.redis.url !== '') {
      this.#redis = await openRedis({ ...this.#parts, database: this.#clock.database });
      this.tags.share('redis', this.#redis);
    }
    this.#isOpen = true;
  }

  /** What is still being computed is ended. Spaces that others hold go on, without Redis. */
  close(): void {
    const why = fault('CACHE_STOPPED', 'the cache is being stopped', { kind: 'cancelled' });
    for (const space of this.#spaces.values()) space.end(why);
    this.#redis?.close();
  }

  space<V>(name: string): CacheSpace<V> {
    return this.#space(name) as LayeredSpace<unknown> as unknown as CacheSpace<V>;
  }

  invalidate(tag: string): Promise<void> {
    return this.tags.invalidate([shortOf(tag)]);
  }

  statistics(): Readonly<Record<string, CacheStatistics>> {
    return Object.fromEntries([...this.#spaces].map(([name, space]) => [name, space.statistics]));
  }

  /** Also one that nobody has opened yet: its values may be there from before. */
  async clear(name: string): Promise<void> {
    const known = new Set([...Object.keys(SPACES), ...Object.keys(this.#parts.config.spaces), ...this.#spaces.keys()]);
    if (!known.has(name))
      throw fault('CACHE_SPACE_UNKNOWN', `there is no space "${name.slice(0, 200)}"`, {
        kind: 'not_found',
        alternatives: nearest(name, known),
        hint: 'GET /api/v1/cache lists those in use',
      });
    await this.#space(name).clear();
  }

  /** By layer: why it is away, or undefined. Redis is missing where none is configured. */
  get away(): Readonly<Partial<Record<LayerName, string | undefined>>> {
    return {
      memory: undefined,
      ...(this.#redis && { redis: this.#redis.place.away }),
      persistent: this.#database.away,
    };
  }

  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  #space(name: string): LayeredSpace<unknown> {
    const there = this.#spaces.get(name);
    if (there !== undefined) return there;
    const { config, log, telemetry } = this.#parts;
    const options = optionsOf(name, config);
    let layers: Promise<readonly Layer[]> | undefined;
    const space = new LayeredSpace<unknown>({
      name,
      options,
      log,
      tags: this.tags,
      counter: new Counter(name, telemetry),
      maxValueBytes: config.maxValueKb * 1_024,
      computeTimeoutMs: config.computeTimeoutMs,
      layers: async () => {
        if (!this.#isOpen) return [];
        layers ??= Promise.all(options.layers.map((layer) => this.#layer(layer, name, options.maxEntries))).then(
          (open) => open.filter((layer) => layer !== undefined),
        );
        return layers;
      },
    });
    this.#spaces.set(name, space);
    return space;
  }

  async #layer(layer: LayerName, space: string, maxEntries: number): Promise<Layer | undefined> {
    if (layer === 'memory') return this.#memory.layer(maxEntries);
    if (layer === 'redis') return this.#redis?.layer(space, tagOf(space));
    const store = new StorageStore(this.#parts.storage, space, (bytes) => this.sweep.written(bytes));
    return new PlacedLayer({
      keyv: await openKeyv(store),
      place: this.#database,
      missedTag: tagOf(space),
      keyOf: (key) => key,
      clear: () => store.clear(),
      size: () => this.sweep.entriesOf(space),
    });
  }
}
