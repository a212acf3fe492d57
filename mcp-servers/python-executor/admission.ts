import { Fault } from './faults.ts';

/** At most `concurrency` at a time; at most `queue` wait, first come first served; more are refused at once. */
export class Admission {
  readonly #concurrency: number;
  readonly #queue: number;
  #active = 0;
  #waiting: { enter: () => void; refuse: (reason: Fault) => void }[] = [];

  constructor(concurrency: number, queue: number) {
    this.#concurrency = concurrency;
    this.#queue = queue;
  }

  /** Resolves to the function that gives the place back. */
  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    if (signal?.aborted) throw new Fault('CANCELLED', 'the call was cancelled');
    if (this.#active < this.#concurrency) this.#active++;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next) next.enter();
      else this.#active--;
    };
  }

  close(): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(new Fault('CLOSED', 'the server is stopping'));
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= this.#queue) {
      throw new Fault(
        'BUSY',
        `${this.#active} executions are running and ${this.#waiting.length} wait`,
        'try again in a moment',
      );
    }
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiting = this.#waiting.filter((other) => other !== place);
        reject(new Fault('CANCELLED', 'the call was cancelled'));
      };
      const place = {
        enter: () => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        },
        refuse: (reason: Fault) => {
          signal?.removeEventListener('abort', cancel);
          reject(reason);
        },
      };
      this.#waiting.push(place);
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}
