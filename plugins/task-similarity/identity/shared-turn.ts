import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that goes on longer holds up everybody else in the process. */
const LONGEST_MS = 10;

/** Long work in short pieces: between two of them others have their turn. */
export class SharedTurn {
  #until = performance.now() + LONGEST_MS;

  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#until = performance.now() + LONGEST_MS;
  }
}
