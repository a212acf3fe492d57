/** Work that may overlap with its like, and work that is done alone: it waits for all that is under way. */
export class Turns {
  readonly #underWay = new Set<Promise<void>>();
  #alone = false;

  /** What overlaps passes what only waits to be alone: something that hangs holds up that, not everybody. */
  async run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    while (this.#alone || (alone && this.#underWay.size > 0)) await Promise.all(this.#underWay);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay.add(promise);
    this.#alone = alone;
    try {
      return await work();
    } finally {
      this.#alone = false;
      this.#underWay.delete(promise);
      resolve();
    }
  }
}
