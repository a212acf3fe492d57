/** First come, first served: one piece of work at a time. */
export class Turn {
  #last: Promise<void> | undefined;

  get free(): boolean {
    return this.#last === undefined;
  }

  take<T>(work: () => T | Promise<T>): Promise<T> {
    const before = this.#last;
    const result: Promise<T> = before === undefined ? (async () => work())() : before.then(work);
    const done: Promise<void> = result.then(
      () => this.#release(done),
      () => this.#release(done),
    );
    this.#last = done;
    return result;
  }

  /** Resolves when everything that waits now is done. */
  async drained(): Promise<void> {
    await this.#last;
  }

  #release(done: Promise<void>): void {
    if (this.#last === done) this.#last = undefined;
  }
}
