import type { Progress } from '#plugins/synthesizer/api';

const WIDTH = 24;

/** One line that is written over in a terminal, or a line from time to time where there is none. */
export class ProgressLine {
  readonly #write: (text: string) => unknown;
  readonly #isTerminal: boolean;
  readonly #lineMs: number;
  #last = '';
  #at = 0;

  constructor(write: (text: string) => unknown, options: { readonly isTerminal: boolean; readonly lineMs: number }) {
    this.#write = write;
    this.#isTerminal = options.isTerminal;
    this.#lineMs = options.lineMs;
    this.#at = Date.now();
  }

  show(progress: Progress): void {
    const line = progressText(progress, this.#isTerminal);
    if (line === this.#last) return;
    if (this.#isTerminal) this.#write(`\r\u001b[K${line}`);
    else if (Date.now() - this.#at < this.#lineMs) return;
    else this.#write(`${line}\n`);
    this.#at = Date.now();
    this.#last = line;
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#isTerminal && this.#last !== '') this.#write('\r\u001b[K');
    this.#last = '';
  }
}

export function progressText({ stage, jobs, calls, usd, etaMs, ...p }: Progress, bar: boolean): string {
  const share = jobs.total === 0 ? 0 : jobs.done / jobs.total;
  const filled = Math.round(share * WIDTH);
  return [
    stage,
    ...(bar && jobs.total > 0 ? [`[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`] : []),
    `${p.imported} trajectories${p.duplicate > 0 ? ` (+${p.duplicate} known)` : ''}`,
    ...(p.quarantined > 0 ? [`${p.quarantined} bad`] : []),
    ...(jobs.total > 0 ? [`${jobs.done}/${jobs.total} jobs`] : []),
    ...(jobs.failed > 0 ? [`${jobs.failed} failed`] : []),
    ...(calls > 0 ? [`${calls} calls`, `$${usd.toFixed(usd < 1 ? 4 : 2)}`] : []),
    ...(p.concurrency !== undefined && calls > 0 ? [`${p.concurrency} at a time`] : []),
    ...(etaMs !== undefined ? [`${duration(etaMs)} left`] : []),
  ].join('  ');
}

export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
