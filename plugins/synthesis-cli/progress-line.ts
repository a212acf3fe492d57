import type { Progress } from '#plugins/synthesizer/api';

const BAR = 24;

/** One line that is written over in a terminal, or a line from time to time where there is none. */
export class ProgressLine {
  readonly #write: (text: string) => unknown;
  readonly #columns: (() => number) | undefined;
  readonly #lineMs: number;
  #last = '';
  #at = 0;

  /** `columns`: how wide the terminal is now; left out where there is none. */
  constructor(
    write: (text: string) => unknown,
    { columns, lineMs }: { readonly columns: (() => number) | undefined; readonly lineMs: number },
  ) {
    this.#write = write;
    this.#columns = columns;
    this.#lineMs = lineMs;
    this.#at = Date.now();
  }

  show(progress: Progress): void {
    // A line that is broken by the terminal could not be written over.
    const line = this.#columns === undefined ? progressText(progress) : fitted(progress, this.#columns() - 1);
    if (line === this.#last) return;
    if (this.#columns !== undefined) this.#write(`\r\u001b[K${line}`);
    else if (Date.now() - this.#at < this.#lineMs) return;
    else this.#write(`${line}\n`);
    this.#at = Date.now();
    this.#last = line;
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#columns !== undefined && this.#last !== '') this.#write('\r\u001b[K');
    this.#last = '';
  }
}

/** With a bar where there is room for one. */
function fitted(progress: Progress, width: number): string {
  const { done, total } = progress.jobs;
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`;
  for (const line of [progressText(progress, total > 0 ? bar : undefined), progressText(progress)])
    if (line.length <= width) return line;
  return `${progressText(progress).slice(0, Math.max(0, width - 1))}…`;
}

/** What matters most comes first: the end may not fit. */
function progressText({ stage, jobs, calls, usd, etaMs, ...p }: Progress, bar?: string): string {
  return [
    stage,
    ...(bar === undefined ? [] : [bar]),
    ...(jobs.total > 0 ? [`${jobs.done}/${jobs.total} jobs`] : []),
    ...(etaMs !== undefined ? [`${duration(etaMs)} left`] : []),
    ...(calls > 0 ? [`$${usd.toFixed(usd < 1 ? 4 : 2)}`] : []),
    ...(jobs.failed > 0 ? [`${jobs.failed} failed`] : []),
    ...(p.quarantined > 0 ? [`${p.quarantined} bad`] : []),
    `${p.imported} trajectories${p.duplicate > 0 ? ` (+${p.duplicate} known)` : ''}`,
    ...(calls > 0 ? [`${calls} calls`] : []),
    ...(p.concurrency !== undefined && calls > 0 ? [`${p.concurrency} at a time`] : []),
  ].join('  ');
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
