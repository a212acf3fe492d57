/** A set of numbers that forgets the oldest. */
export class Seen {
  readonly #most: number;
  readonly #numbers = new Map<number, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What was noted with it last; undefined where it is new, or long ago. */
  get(number: number): number | undefined {
    return this.#numbers.get(number);
  }

  /** Is it new? */
  add(number: number, note = 0): boolean {
    const isNew = !this.#numbers.delete(number);
    this.#numbers.set(number, note);
    if (this.#numbers.size > this.#most) this.#numbers.delete(this.#numbers.keys().next().value!);
    return isNew;
  }

  clear(): void {
    this.#numbers.clear();
  }
}
