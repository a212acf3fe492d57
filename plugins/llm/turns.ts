/** At most so many at a time, by key; others wait in their order. */
export class Turns {
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves when it is the caller's turn, with what ends it. Rejects when the signal aborts before. */
  async take(key: string, most: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const taken = this.#taken.get(key) ?? 0;
    if (taken < most) this.#taken.set(key, taken + 1);
    else await this.#wait(key, signal);
    return () => this.#pass(key);
  }

  #wait(key: string, signal: AbortSignal): Promise<void> {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(turn);
    });
  }

  #pass(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next !== undefined) next();
    else this.#taken.set(key, (this.#taken.get(key) ?? 1) - 1);
  }
}
