/** Wakes whoever waits: once for many calls. */
export class Pulse {
  #set = false;
  #wake: (() => void) | undefined;

  readonly give = (): void => {
    this.#set = true;
    this.#wake?.();
  };

  /** Until it is given (also before this call), or for so long, or until the signal aborts. Never throws. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#set && !signal.aborted)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener('abort', done, { once: true });
        this.#wake = done;
      });
    this.#set = false;
  }
}
