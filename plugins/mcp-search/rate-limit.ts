import { fault, isFault } from '#kernel';

/** What a source said last about how often it may be asked. */
export class RateLimit {
  #remaining = Number.POSITIVE_INFINITY;
  #resetAt = 0;

  get known(): { readonly remaining: number; readonly resetAt: number } | undefined {
    return Number.isFinite(this.#remaining) ? { remaining: this.#remaining, resetAt: this.#resetAt } : undefined;
  }

  /** Before a request: fault SOURCE_LIMITED while the source may not be asked. */
  check(): void {
    if (this.#remaining > 0 || this.#resetAt <= Date.now()) return;
    throw fault('SOURCE_LIMITED', 'its rate limit is used up', {
      kind: 'rate_limited',
      data: { retryAt: this.#resetAt },
    });
  }

  read(headers: Headers): void {
    const remaining = headers.get('x-ratelimit-remaining');
    if (remaining === null || !/^\d+$/.test(remaining)) return;
    this.#remaining = Number(remaining);
    this.#resetAt = Number(headers.get('x-ratelimit-reset') ?? 0) * 1000;
  }

  /** A refusal blocks until it says. */
  note(error: unknown): void {
    if (!isFault(error) || error.code !== 'SOURCE_LIMITED') return;
    this.#remaining = 0;
    this.#resetAt = Number(error.data.retryAt);
  }
}
