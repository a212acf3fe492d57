/** Work on one server is done one after the other; on different servers, beside each other. */
export class ServerTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  has(server: string): boolean {
    return this.#last.has(server);
  }

  async in<T>(server: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(server) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#last.set(server, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(server) === turn) this.#last.delete(server);
    }
  }
}
