import type { Arrived, BadRecord, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { FilePosition } from '#plugins/trajectory-formats/api';
import type { Counts } from './counts.ts';

/**
 * Records on their way into the archive, over the borders of files: many small ones cost as little as one large one. Where
 * the reading of a file ended is kept after what was read of it.
 */
export class ImportBatch {
  readonly #archive: TrajectoryArchive;
  readonly #counts: Counts;
  readonly #most: { readonly runs: number; readonly bytes: number };
  #arrived: Arrived[] = [];
  #bad: BadRecord[] = [];
  #ends: (readonly [file: string, position: FilePosition])[] = [];
  #bytes = 0;

  constructor(archive: TrajectoryArchive, counts: Counts, most: { readonly runs: number; readonly bytes: number }) {
    this.#archive = archive;
    this.#counts = counts;
    this.#most = most;
  }

  get isFull(): boolean {
    const count = Math.max(this.#arrived.length, this.#bad.length, this.#ends.length);
    return count >= this.#most.runs || this.#bytes >= this.#most.bytes;
  }

  run(arrived: Arrived): void {
    this.#arrived.push(arrived);
    this.#bytes += arrived.place.bytes;
  }
  bad(record: BadRecord): void {
    this.#bad.push(record);
  }
  end(file: string, position: FilePosition): void {
    this.#ends.push([file, position]);
  }

  async flush(): Promise<void> {
    const [arrived, bad, ends] = [this.#arrived, this.#bad, this.#ends];
    [this.#arrived, this.#bad, this.#ends, this.#bytes] = [[], [], [], 0];
    if (bad.length > 0) await this.#archive.quarantine(bad);
    this.#counts.quarantined += bad.length;
    for (const { outcome } of arrived.length > 0 ? await this.#archive.add(arrived) : []) {
      if (outcome === 'duplicate') this.#counts.duplicate += 1;
      else this.#counts.imported += 1;
    }
    await Promise.all(ends.map(([file, position]) => this.#archive.setPosition(file, position)));
  }
}
