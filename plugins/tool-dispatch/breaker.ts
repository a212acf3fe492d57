/**
 * Opens after a number of timeouts in a row between which the server said nothing at all: then calls fail at once. After
 * a pause one probe decides.
 */
export class Breaker {
  readonly #failures: number;
  readonly #coolDownMs: number;
  #inARow = 0;
  #heard = -1;
  #until = 0;
  #probe: Promise<boolean> | undefined;

  constructor(failures: number, coolDownMs: number) {
    this.#failures = failures;
    this.#coolDownMs = coolDownMs;
  }

  get open(): boolean {
    return this.#until > 0;
  }
  /** Open for long enough to ask the server again. */
  get due(): boolean {
    return this.open && this.#probe === undefined && Date.now() >= this.#until;
  }
  get why(): string {
    return `it let ${this.#inARow} calls in a row time out`;
  }

  /** `heard`: how many messages came from the server so far. */
  failed(heard: number): void {
    this.#inARow = heard === this.#heard ? this.#inARow + 1 : 1;
    this.#heard = heard;
    if (this.#inARow >= this.#failures && !this.open) this.#until = Date.now() + this.#coolDownMs;
  }

  reset(): void {
    this.#inARow = 0;
    this.#until = 0;
  }

  /** Half open: one probe at a time, after the pause. */
  async tryAgain(probe: () => Promise<boolean>): Promise<boolean> {
    if (Date.now() < this.#until) return false;
    this.#probe ??= probe().finally(() => {
      this.#probe = undefined;
    });
    const there = await this.#probe;
    if (there) this.reset();
    else if (this.open) this.#until = Date.now() + this.#coolDownMs;
    return there;
  }
}
