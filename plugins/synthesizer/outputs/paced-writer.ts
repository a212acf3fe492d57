import type { SynthesisDataset } from '../api.ts';
import type { OutputFiles } from './output-files.ts';

/** While there is much to do, writing takes at most a twentieth of the time, however large the files have become. */
const BUSY_SHARE = 20;
/** People read the report: it need not be of this very moment. */
const REPORT_MS = 2_000;

/** Writes the files when something has changed, not more often than is useful. */
export class PacedWriter {
  readonly #files: OutputFiles;
  readonly #read: () => Promise<SynthesisDataset>;
  readonly #everyMs: number;
  #changedAt: number | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reportIsOld = false;
  /** Whether much is still to come; else what has changed is to be seen soon. */
  busy = false;
  /** Whether something is at work: what it makes is soon there, and goes into the same writing. */
  awaiting = false;

  constructor(files: OutputFiles, read: () => Promise<SynthesisDataset>, everyMs: number) {
    this.#files = files;
    this.#read = read;
    this.#everyMs = everyMs;
  }

  changed(): void {
    this.#changedAt ??= performance.now();
  }

  /** When the next writing is due; undefined: nothing has changed. */
  get dueIn(): number | undefined {
    const report = this.#reportIsOld
      ? Math.max(0, this.#reportedAt + this.#reportPause - performance.now())
      : undefined;
    if (this.#changedAt === undefined) return report;
    const pause = Math.max(this.#everyMs, this.#tookMs * (this.busy ? BUSY_SHARE : 1));
    const company = this.awaiting ? this.#changedAt + Math.max(this.#everyMs, this.#tookMs * 2) : 0;
    const due = Math.max(0, Math.max(this.#endedAt + pause, company) - performance.now());
    return Math.min(due, report ?? due);
  }

  async writeIfDue(): Promise<void> {
    if (this.dueIn !== 0) return;
    await this.write(performance.now() >= this.#reportedAt + this.#reportPause);
  }

  get #reportPause(): number {
    return Math.max(REPORT_MS, this.#tookMs * BUSY_SHARE);
  }

  async write(withReport = true): Promise<SynthesisDataset> {
    this.#changedAt = undefined;
    const begun = performance.now();
    try {
      const dataset = await this.#read();
      await this.#files.write(dataset, withReport);
      this.#reportIsOld = !withReport;
      if (withReport) this.#reportedAt = performance.now();
      return dataset;
    } catch (error) {
      this.changed();
      throw error;
    } finally {
      this.#endedAt = performance.now();
      this.#tookMs = this.#endedAt - begun;
    }
  }
}
