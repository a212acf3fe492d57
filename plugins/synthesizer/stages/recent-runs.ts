import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportedRun } from '#plugins/trajectory-formats/api';

/** For each run that was read. */
const PATIENCE_MS = 2.5;
const PAUSE_MS = 5;

/**
 * Runs that were just read, for their jobs, so that they need not be fetched again. Bounded: jobs take the oldest first, so
 * where it is full the newest are not kept.
 */
export class RecentRuns {
  readonly #maxBytes: number;
  readonly #runs = new Map<string, { readonly run: ImportedRun; readonly bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Waits a little for jobs that are nearly as quick as the reading: they have their runs from memory then. */
  async room(forRuns: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + forRuns * PATIENCE_MS;
    while (this.#bytes > this.#maxBytes / 2 && performance.now() < until && !signal.aborted) await sleep(PAUSE_MS);
  }

  put(run: ImportedRun, bytes: number): void {
    if (this.#runs.has(run.id) || this.#bytes + bytes > this.#maxBytes) return;
    this.#runs.set(run.id, { run, bytes });
    this.#bytes += bytes;
  }

  take(id: string): ImportedRun | undefined {
    const found = this.#runs.get(id);
    if (found === undefined) return undefined;
    this.#runs.delete(id);
    this.#bytes -= found.bytes;
    return found.run;
  }
}
