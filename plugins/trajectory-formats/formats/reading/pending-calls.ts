/** Pairs results with calls where the source gives calls no id, or results none. */
export class PendingCalls {
  #made = 0;
  #waiting: { readonly id: string; readonly name: string }[] = [];

  /** The id of a call: the source's, else one by its number. */
  called(id: string | undefined, name: string): string {
    this.#made++;
    const given = id || `call_${this.#made}`;
    this.#waiting.push({ id: given, name });
    return given;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** An id of a message, where it is the id of a call that waits. */
  asId(id: unknown): string | undefined {
    return this.#waiting.find((call) => call.id === id)?.id;
  }

  /** The id of the call that a result answers: the one it names, else the oldest of this name, else the oldest. */
  answered(id: string | undefined, name: string | undefined): string | undefined {
    const waiting = this.#waiting;
    const named = waiting.findIndex((call) => (id === undefined ? call.name === name : call.id === id));
    const index = named === -1 && id === undefined ? 0 : named;
    const [call] = index === -1 ? [] : waiting.splice(index, 1);
    return id ?? call?.id;
  }
}
