/** Connections on their way out: whoever ends last waits for them. */
export class Closing {
  readonly #going = new Set<Promise<void>>();

  add(gone: Promise<unknown>): void {
    const settled: Promise<void> = gone.then(
      () => void this.#going.delete(settled),
      () => void this.#going.delete(settled),
    );
    this.#going.add(settled);
  }

  /** Resolves when all are gone, those too that come meanwhile. */
  async done(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
  }
}
