import type { ImportedRun } from '#plugins/trajectory-formats/api';

/** Runs that were just read, for their jobs, so that they need not be fetched again. Bounded; the oldest go first. */
export class RecentRuns {
  readonly #maxBytes: number;
  readonly #runs = new Map<string, { readonly run: ImportedRun; readonly bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  put(run: ImportedRun, bytes: number): void {
    if (this.#runs.has(run.id)) return;
    this.#runs.set(run.id, { run, bytes });
    this.#bytes += bytes;
    for (const [id, oldest] of this.#runs) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#runs.delete(id);
      this.#bytes -= oldest.bytes;
    }
  }

  take(id: string): ImportedRun | undefined {
    const found = this.#runs.get(id);
    if (found === undefined) return undefined;
    this.#runs.delete(id);
    this.#bytes -= found.bytes;
    return found.run;
  }
}
