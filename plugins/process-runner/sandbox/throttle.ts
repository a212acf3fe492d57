/** Seconds of its share that a server may use at once, such as to start. */
const BURST_S = 3;

/**
 * Holds a group of processes to a share of a core without a cgroup, which few users may make: what they use beyond it
 * is a debt, and while the debt is above the burst they are stopped. SIGSTOP cannot be caught.
 */
export class Throttle {
  readonly #cpus: number;
  #debtMs = 0;
  #stopped: readonly number[] = [];

  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  get stopped(): boolean {
    return this.#stopped.length > 0;
  }

  tick(pids: readonly number[], usedMs: number, elapsedMs: number): void {
    const burstMs = BURST_S * 1_000 * Math.max(1, this.#cpus);
    this.#debtMs = Math.max(0, this.#debtMs + usedMs - elapsedMs * this.#cpus);
    if (this.#debtMs > burstMs) {
      send(pids, 'SIGSTOP');
      this.#stopped = pids;
    } else this.release();
  }

  release(): void {
    send(this.#stopped, 'SIGCONT');
    this.#stopped = [];
  }
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // gone
    }
  }
}
