import type { Progress } from './api.ts';

/** More often nobody can read it. */
const EVERY_MS = 100;
/** Rates of the last jobs say more than those of all. */
const WINDOW_MS = 15_000;

/** Tells how far the work is, at most ten times a second, with an estimate of when it ends. */
export class ProgressReport {
  readonly #tell: ((progress: Progress) => void) | undefined;
  readonly #now: () => Omit<Progress, 'etaMs'>;
  #toldAt = 0;
  readonly #marks: { readonly at: number; readonly done: number }[] = [];

  constructor(tell: ((progress: Progress) => void) | undefined, now: () => Omit<Progress, 'etaMs'>) {
    this.#tell = tell;
    this.#now = now;
  }

  tell(always = false): void {
    const at = Date.now();
    if (this.#tell === undefined || (!always && at - this.#toldAt < EVERY_MS)) return;
    this.#toldAt = at;
    const now = this.#now();
    this.#marks.push({ at, done: now.jobs.done });
    while (this.#marks.length > 2 && this.#marks[0]!.at < at - WINDOW_MS) this.#marks.shift();
    const [first] = this.#marks;
    const rate = (now.jobs.done - first!.done) / Math.max(1, at - first!.at);
    const left = now.jobs.total - now.jobs.done;
    this.#tell({ ...now, ...(rate > 0 && left > 0 && { etaMs: Math.round(left / rate) }) });
  }
}
