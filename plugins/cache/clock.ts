import { randomUUID } from 'node:crypto';

/** A moment of a clock: `ticks` invalidations since its epoch began. Moments of different epochs cannot be compared. */
export interface Moment {
  readonly epoch: string;
  readonly ticks: number;
}
export interface Reading extends Moment {
  /** When the last of the tags asked for was invalidated; 0: not in this epoch. */
  readonly newest: number;
  /** The database that this is of, or with which all who use this Redis work; undefined where there are several. */
  readonly database?: string | undefined;
}

/**
 * Counts invalidations. A value carries the moment at which computing it began, so a tag that was invalidated while it
 * was computed, or ever after, makes it void, wherever it is kept. A clock that has to forget begins a new epoch.
 */
export interface TagClock {
  read(tags: readonly string[]): Promise<Reading>;
  bump(tags: readonly string[]): Promise<void>;
}

/** The clock of this process: it always answers, and counts before the shared ones do. */
export class ProcessClock {
  readonly #maxTags: number;
  readonly #tags = new Map<string, number>();
  #epoch = randomUUID();
  #ticks = 0;

  constructor(maxTags: number) {
    this.#maxTags = maxTags;
  }

  read(tags: readonly string[]): Reading {
    let newest = 0;
    for (const tag of tags) newest = Math.max(newest, this.#tags.get(tag) ?? 0);
    return { epoch: this.#epoch, ticks: this.#ticks, newest };
  }

  bump(tags: readonly string[]): void {
    if (this.#tags.size + tags.length > this.#maxTags) {
      this.#tags.clear();
      this.#epoch = randomUUID();
    }
    this.#ticks += 1;
    for (const tag of tags) this.#tags.set(tag, this.#ticks);
  }
}
