import { EventEmitter } from 'node:events';
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import type { LRUCache } from 'lru-cache';
import { type HowToKeep, type Layer, openKeyv } from './layer.ts';
import type { Kept } from './record.ts';

type Lru = LRUCache<string, string>;

/** Values in this process: bounded by number in each space, and by size in all of them together. */
export class Memory {
  readonly #maxBytes: number;
  readonly #spaces: Lru[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#spaces.reduce((sum, { calculatedSize }) => sum + calculatedSize, 0);
  }

  async layer(maxEntries: number): Promise<Layer> {
    const { LRUCache: Lru } = await import('lru-cache');
    const lru: Lru = new Lru({
      max: maxEntries,
      maxSize: this.#maxBytes,
      // Two bytes a character at most, and what the entry itself takes.
      sizeCalculation: (text, key) => 2 * (text.length + key.length) + 200,
      perf: { now: () => Date.now() },
    });
    this.#spaces.push(lru);
    return new MemoryLayer(lru, await openKeyv(new LruStore(lru, () => this.#shrink())));
  }

  /** The space that takes most gives what it used least. */
  #shrink(): void {
    while (this.bytes > this.#maxBytes) {
      const [largest] = this.#spaces.toSorted((a, b) => b.calculatedSize - a.calculatedSize);
      if (largest === undefined || largest.size === 0) return;
      largest.pop();
    }
  }
}

class MemoryLayer implements Layer {
  readonly #lru: Lru;
  readonly #keyv: Keyv<Kept>;

  constructor(lru: Lru, keyv: Keyv<Kept>) {
    this.#lru = lru;
    this.#keyv = keyv;
  }

  get size(): number {
    return this.#lru.size;
  }
  get(key: string): Promise<Kept | undefined> {
    return this.#keyv.get(key);
  }
  async set(key: string, kept: Kept, { keepMs }: HowToKeep): Promise<void> {
    await this.#keyv.set(key, kept, keepMs);
  }
  async delete(key: string): Promise<void> {
    await this.#keyv.delete(key);
  }
  async clear(): Promise<void> {
    await this.#keyv.clear();
  }
}

/** lru-cache as keyv wants a store. */
class LruStore extends EventEmitter implements KeyvStoreAdapter {
  readonly opts = {};
  readonly #lru: Lru;
  readonly #grown: () => void;

  constructor(lru: Lru, grown: () => void) {
    super();
    this.#lru = lru;
    this.#grown = grown;
  }

  async get<V>(key: string): Promise<V | undefined> {
    return this.#lru.get(key) as V | undefined;
  }
  set(key: string, text: string, ttl?: number): void {
    this.#lru.set(key, text, ttl === undefined ? {} : { ttl });
    this.#grown();
  }
  async delete(key: string): Promise<boolean> {
    return this.#lru.delete(key);
  }
  async clear(): Promise<void> {
    this.#lru.clear();
  }
}
