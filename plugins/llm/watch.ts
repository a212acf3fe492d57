/** Ends an attempt that takes too long, or from which nothing comes any more. */
export class Watch {
  readonly #until: AbortSignal;
  readonly #ending = new AbortController();
  readonly #late: NodeJS.Timeout;
  #why: Error | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(until: AbortSignal, limits: { readonly totalMs: number; readonly idleMs: number }) {
    this.#until = until;
    this.#late = setTimeout(() => this.#end(`no answer within ${limits.totalMs} ms`), limits.totalMs);
    if (limits.idleMs < limits.totalMs)
      this.#idle = setTimeout(() => this.#end(`nothing came for ${limits.idleMs} ms`), limits.idleMs);
    if (until.aborted) this.#passOn();
    else until.addEventListener('abort', this.#passOn, { once: true });
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Why it ended the attempt; undefined where it did not. */
  get ended(): Error | undefined {
    return this.#why;
  }

  readonly alive = (): void => void this.#idle?.refresh();

  close(): void {
    clearTimeout(this.#late);
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#until.removeEventListener('abort', this.#passOn);
  }

  readonly #passOn = (): void => this.#ending.abort(this.#until.reason);

  #end(why: string): void {
    this.#why ??= new Error(why);
    this.#ending.abort(this.#why);
  }
}
