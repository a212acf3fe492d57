import type { Added, Arrived, BadRecord, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';

/** Trajectories on their way into the archive. */
export class Batch {
  readonly #archive: TrajectoryArchive;
  readonly #limits: { readonly runs: number; readonly bytes: number };
  #arrived: Arrived[] = [];
  #bad: BadRecord[] = [];
  #bytes = 0;
  #added: readonly Added[] = [];

  constructor(archive: TrajectoryArchive, limits: { readonly runs: number; readonly bytes: number }) {
    this.#archive = archive;
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#arrived.length + this.#bad.length >= this.#limits.runs || this.#bytes >= this.#limits.bytes;
  }
  get isEmpty(): boolean {
    return this.#arrived.length + this.#bad.length === 0;
  }

  add(arrived: Arrived): void {
    this.#arrived.push(arrived);
    this.#bytes += arrived.place.bytes;
  }

  quarantine(record: BadRecord): void {
    this.#bad.push(record);
  }

  /** Durable when it resolves. */
  async write(): Promise<readonly Added[]> {
    if (this.#bad.length > 0) await this.#archive.quarantine(this.#bad);
    this.#added = this.#arrived.length > 0 ? await this.#archive.add(this.#arrived) : [];
    return this.#added;
  }

  /** Those that are new, each with its size as it was read. */
  *news(): Generator<{ readonly run: ImportedRun; readonly bytes: number }> {
    for (const [at, { outcome }] of this.#added.entries()) {
      const { run, place } = this.#arrived[at]!;
      if (outcome !== 'duplicate') yield { run, bytes: place.bytes };
    }
  }

  clear(): void {
    this.#arrived = [];
    this.#bad = [];
    this.#added = [];
    this.#bytes = 0;
  }
}
