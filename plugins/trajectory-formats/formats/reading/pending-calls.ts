interface Waiting {
  readonly id: string;
  readonly name: string;
}

/** Pairs results with calls where the source gives calls no id, or results none. */
export class PendingCalls {
  #made = 0;
  /** In the order in which they were made. */
  readonly #waiting = new Set<Waiting>();
  readonly #byId = new Map<string, Waiting[]>();

  get count(): number {
    return this.#waiting.size;
  }

  /** The id of a call: the source's, else one by its number. */
  called(id: string | undefined, name: string): string {
    this.#made++;
    const call = { id: id || `call_${this.#made}`, name };
    this.#waiting.add(call);
    const same = this.#byId.get(call.id);
    if (same === undefined) this.#byId.set(call.id, [call]);
    else same.push(call);
    return call.id;
  }

  /** An id of a message, where it is the id of a call that waits. */
  asId(id: unknown): string | undefined {
    return typeof id === 'string' && this.#byId.has(id) ? id : undefined;
  }

  /** The id of the call that a result answers: the one it names, else the oldest of this name, else the oldest. */
  answered(id: string | undefined, name: string | undefined): string | undefined {
    const call = id === undefined ? this.#oldest(name) : this.#byId.get(id)?.[0];
    if (call !== undefined) this.#take(call);
    return id ?? call?.id;
  }

  #oldest(name: string | undefined): Waiting | undefined {
    const [oldest] = this.#waiting;
    if (name === undefined || oldest?.name === name) return oldest;
    for (const call of this.#waiting) if (call.name === name) return call;
    return oldest;
  }

  #take(call: Waiting): void {
    this.#waiting.delete(call);
    const left = this.#byId.get(call.id)!.filter((other) => other !== call);
    if (left.length === 0) this.#byId.delete(call.id);
    else this.#byId.set(call.id, left);
  }
}
