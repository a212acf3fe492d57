import type { SynthesisDataset } from '../api.ts';
import type { OutputFiles } from './output-files.ts';

/** Writing takes at most this share of the time, however large the files have become. */
const SHARE = 20;

/** Writes the files when something has changed, not more often than is useful. */
export class PacedWriter {
  readonly #files: OutputFiles;
  readonly #read: () => Promise<SynthesisDataset>;
  readonly #everyMs: number;
  #changed = false;
  #notBefore = 0;

  constructor(files: OutputFiles, read: () => Promise<SynthesisDataset>, everyMs: number) {
    this.#files = files;
    this.#read = read;
    this.#everyMs = everyMs;
  }

  changed(): void {
    this.#changed = true;
  }

  /** When the next writing is due; undefined: nothing has changed. */
  get dueIn(): number | undefined {
    return this.#changed ? Math.max(0, this.#notBefore - performance.now()) : undefined;
  }

  async writeIfDue(): Promise<void> {
    if (this.dueIn === 0) await this.write();
  }

  async write(): Promise<SynthesisDataset> {
    this.#changed = false;
    const begun = performance.now();
    try {
      const dataset = await this.#read();
      await this.#files.write(dataset);
      return dataset;
    } catch (error) {
      this.#changed = true;
      throw error;
    } finally {
      const now = performance.now();
      this.#notBefore = now + Math.max(this.#everyMs, (now - begun) * SHARE);
    }
  }
}
