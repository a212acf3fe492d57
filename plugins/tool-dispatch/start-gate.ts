/** A start that takes longer gives its place to the next one: a server that hangs must not hold up the others. */
const PATIENCE_MS = 1500;

/** Lets a limited number of servers start at the same time. */
export class StartGate {
  readonly #most: number;
  #busy = 0;
  readonly #queue: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  async pass<T>(start: () => Promise<T>): Promise<T> {
    if (this.#busy >= this.#most) await new Promise<void>((next) => this.#queue.push(next));
    else this.#busy++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      const next = this.#queue.shift();
      if (next === undefined) this.#busy--;
      else next();
    };
    const timer = setTimeout(release, PATIENCE_MS);
    try {
      return await start();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
