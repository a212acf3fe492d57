/** Runs a piece of work when it is asked for, one run at a time and not too often. */
export class Pacer {
  readonly #everyMs: number;
  readonly #work: () => Promise<void>;
  #next: PromiseWithResolvers<void> | undefined;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #stopped: Error | undefined;

  constructor(everyMs: number, work: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#work = work;
  }

  /** Ends with the first run that begins after this call. */
  ask(): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    if (this.#next !== undefined) return this.#next.promise;
    const next = Promise.withResolvers<void>();
    this.#next = next;
    next.promise.catch(() => undefined);
    this.#schedule();
    return next.promise;
  }

  stop(reason: Error): void {
    this.#stopped = reason;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next?.reject(reason);
    this.#next = undefined;
  }

  #schedule(): void {
    if (this.#isRunning || this.#timer !== undefined) return;
    const wait = this.#notBefore - performance.now();
    if (wait <= 0) return void this.#run();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, Math.ceil(wait));
  }

  async #run(): Promise<void> {
    const asked = this.#next;
    this.#next = undefined;
    this.#isRunning = true;
    const begun = performance.now();
    try {
      await this.#work();
      asked?.resolve();
    } catch (error) {
      asked?.reject(error);
    }
    // Work that takes long gets no more than half of the time.
    const ended = performance.now();
    this.#notBefore = begun + Math.max(this.#everyMs, 2 * (ended - begun));
    this.#isRunning = false;
    if (this.#next !== undefined) this.#schedule();
  }
}
