/** Ends an attempt that takes too long, or from which nothing comes any more. */
export class Watch {
  readonly signal: AbortSignal;
  readonly #ending = new AbortController();
  readonly #late: NodeJS.Timeout;
  #idle: NodeJS.Timeout | undefined;

  constructor(until: AbortSignal, limits: { readonly totalMs: number; readonly idleMs: number }) {
    this.signal = AbortSignal.any([until, this.#ending.signal]);
    this.#late = setTimeout(() => this.#end(`no answer within ${limits.totalMs} ms`), limits.totalMs);
    this.#idle = setTimeout(() => this.#end(`nothing came for ${limits.idleMs} ms`), limits.idleMs);
  }

  /** Why it ended the attempt; undefined where it did not. */
  get ended(): Error | undefined {
    return this.#ending.signal.aborted ? this.#ending.signal.reason : undefined;
  }

  readonly alive = (): void => void this.#idle?.refresh();

  close(): void {
    clearTimeout(this.#late);
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  #end(why: string): void {
    this.#ending.abort(new Error(why));
  }
}
