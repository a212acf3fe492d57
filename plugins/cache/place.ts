import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, reason } from '#kernel';

/** Stands for all tags: every value carries it. */
export const ALL = '*';
const MOST_MISSED = 1_000;

interface PlaceParts {
  readonly name: string;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether this error means that it is gone; otherwise it refused this one thing. */
  readonly isGone: (error: unknown) => boolean;
  /** Looks whether it answers again, and invalidates there what was missed. */
  readonly restore: (missed: readonly string[]) => Promise<void>;
}

/**
 * Something outside this process that may be away: asked with a limit, left alone while it does not answer, looked for in
 * the background, and told what it missed before it is asked again.
 */
export class Place {
  readonly #parts: PlaceParts;
  readonly #missed = new Set<string>();
  #away: string | undefined = 'not yet connected';
  #isToldAway = false;

  constructor(parts: PlaceParts) {
    this.#parts = parts;
  }

  /** Why it is not asked; undefined while it is. */
  get away(): string | undefined {
    return this.#away;
  }

  /** Undefined where it does not answer. */
  async ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#away !== undefined) return undefined;
    try {
      return await within(this.#parts.timeoutMs, work());
    } catch (error) {
      this.left(error);
      return undefined;
    }
  }

  /** For one value: that it is refused says nothing of the place. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#away !== undefined) return undefined;
    try {
      return await within(this.#parts.timeoutMs, work());
    } catch (error) {
      if (error instanceof Late || this.#parts.isGone(error)) this.left(error);
      else this.#parts.log.debug(`${this.#parts.name} refused a value`, { reason: reason(error) });
      return undefined;
    }
  }

  /** Where it does not take this now, these tags are invalidated there before it is asked again. */
  async tell(tags: readonly string[], work: () => Promise<unknown>): Promise<void> {
    const done = await this.ask(async () => {
      await work();
      return true;
    });
    if (done === true) return;
    for (const tag of tags) this.#missed.add(tag);
    if (this.#missed.size <= MOST_MISSED) return;
    this.#missed.clear();
    this.#missed.add(ALL);
  }

  /** Its connection broke, or it took too long. */
  left(error: unknown): void {
    const wasThere = this.#away === undefined;
    this.#away = reason(error);
    if (!wasThere || this.#parts.signal.aborted) return;
    this.#warn();
    void this.#lookFor();
  }

  /** The first time. Waits no longer than this; the search goes on afterwards. */
  async open(waitMs: number): Promise<void> {
    const found = new AbortController();
    const search = this.#lookFor().then(() => found.abort());
    await Promise.race([search, sleep(waitMs, undefined, { ref: false, signal: found.signal }).catch(() => {})]);
    if (this.#away !== undefined && !this.#parts.signal.aborted) this.#warn();
  }

  #warn(): void {
    this.#isToldAway = true;
    const { name, log } = this.#parts;
    log.warn(`${name} does not answer: the cache goes on without it`, { reason: this.#away });
  }

  async #lookFor(): Promise<void> {
    const { name, log, signal, timeoutMs, retryMs, restore } = this.#parts;
    while (!signal.aborted) {
      const missed = [...this.#missed];
      this.#missed.clear();
      try {
        await within(timeoutMs, restore(missed));
        if (this.#missed.size > 0) continue;
        this.#away = undefined;
        if (this.#isToldAway) log.info(`${name} answers again`);
        this.#isToldAway = false;
        return;
      } catch (error) {
        this.#away = reason(error);
        for (const tag of missed) this.#missed.add(tag);
      }
      await sleep(retryMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}

class Late extends Error {}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(new Late(`no answer within ${timeoutMs} ms`));
    // An answer that came while this process was busy is read before it counts as late.
    timer = setTimeout(() => setImmediate(() => setImmediate(give)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
