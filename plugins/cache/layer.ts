import type { Keyv, KeyvStoreAdapter } from 'keyv';
import type { Place } from './place.ts';
import { deserialize, type Kept, serialize } from './record.ts';

/** Where the values of one space are kept. One that is away has nothing, and takes nothing. */
export interface Layer {
  get(key: string): Promise<Kept | undefined>;
  set(key: string, kept: Kept, how: HowToKeep): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
  /** Values kept, where it is known. */
  readonly size: number;
}

export interface HowToKeep {
  /** Undefined: without an end. */
  readonly keepMs: number | undefined;
  /** An older value must not be found there instead. */
  readonly replaces: boolean;
}

/** keyv over a store, without its name spaces: the keys are whole. */
export async function openKeyv(store: KeyvStoreAdapter): Promise<Keyv<Kept>> {
  const { Keyv } = await import('keyv');
  const keyv = new Keyv<Kept>({ store, serialize, deserialize: deserialize as never, useKeyPrefix: false });
  keyv.namespace = undefined;
  keyv.throwOnErrors = true;
  return keyv;
}

interface PlacedParts {
  readonly keyv: Keyv<Kept>;
  readonly place: Place;
  /** Invalidated in the place when it missed that something was set or deleted. */
  readonly missedTag: string;
  readonly keyOf: (key: string) => string;
  readonly mostKeepMs?: number;
  /** Default: the space's tag voids what is there, and time deletes it. */
  readonly clear?: () => Promise<void>;
  readonly size?: () => number;
}

/** A layer in a place that may be away. */
export class PlacedLayer implements Layer {
  readonly #parts: PlacedParts;

  constructor(parts: PlacedParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#parts.size?.() ?? 0;
  }

  get(key: string): Promise<Kept | undefined> {
    const { keyv, place, keyOf } = this.#parts;
    return place.attempt(() => keyv.get(keyOf(key)));
  }

  async set(key: string, kept: Kept, { keepMs, replaces }: HowToKeep): Promise<void> {
    const { keyv, place, keyOf, mostKeepMs } = this.#parts;
    const ms = mostKeepMs === undefined ? keepMs : Math.min(keepMs ?? mostKeepMs, mostKeepMs);
    const write = () => keyv.set(keyOf(key), kept, ms);
    await (replaces ? this.#tell(write) : place.attempt(write));
  }

  delete(key: string): Promise<void> {
    return this.#tell(() => this.#parts.keyv.delete(this.#parts.keyOf(key)));
  }

  async clear(): Promise<void> {
    const { clear } = this.#parts;
    if (clear !== undefined) await this.#tell(clear);
  }

  #tell(work: () => Promise<unknown>): Promise<void> {
    return this.#parts.place.tell([this.#parts.missedTag], work);
  }
}
