import type { Arrived, BadRecord, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { FilePosition, ImportedRun } from '#plugins/trajectory-formats/api';
import type { Counts } from './counts.ts';

export interface BatchLimits {
  readonly runs: number;
  readonly bytes: number;
}
export interface ImportEvents {
  /** They are in the archive, and were not there before; each with its size as it was read. */
  readonly arrived: (news: readonly { readonly run: ImportedRun; readonly bytes: number }[]) => Promise<void>;
  readonly problem: (problem: { readonly where: string; readonly what: string; readonly code: string }) => void;
  readonly progress: () => void;
}

/** What is read slowly does not wait longer for company. */
const LONGEST_MS = 100;

/**
 * Trajectories on their way into the archive, over the borders of files: many small ones cost as little as one large one. Where
 * the reading of a file ended is kept after what was read of it.
 */
export class Batch {
  readonly #archive: TrajectoryArchive;
  readonly #limits: BatchLimits;
  readonly #counts: Counts;
  readonly #events: ImportEvents;
  #arrived: Arrived[] = [];
  #bad: BadRecord[] = [];
  #ends: (readonly [file: string, position: FilePosition])[] = [];
  #bytes = 0;
  #begunAt = 0;

  constructor(archive: TrajectoryArchive, limits: BatchLimits, counts: Counts, events: ImportEvents) {
    this.#archive = archive;
    this.#limits = limits;
    this.#counts = counts;
    this.#events = events;
  }

  run(arrived: Arrived): void {
    this.#begin();
    this.#arrived.push(arrived);
    this.#bytes += arrived.place.bytes;
  }
  bad(record: BadRecord): void {
    this.#begin();
    this.#bad.push(record);
  }
  end(file: string, position: FilePosition): void {
    this.#begin();
    this.#ends.push([file, position]);
  }

  async flushIfDue(): Promise<void> {
    const { runs, bytes } = this.#limits;
    const count = Math.max(this.#arrived.length + this.#bad.length, this.#ends.length);
    const isOld = count > 0 && performance.now() - this.#begunAt >= LONGEST_MS;
    if (count >= runs || this.#bytes >= bytes || isOld) await this.flush();
  }

  /** Durable when it resolves. */
  async flush(): Promise<void> {
    const [arrived, bad, ends] = [this.#arrived, this.#bad, this.#ends];
    if (arrived.length + bad.length + ends.length === 0) return;
    [this.#arrived, this.#bad, this.#ends, this.#bytes] = [[], [], [], 0];
    if (bad.length > 0) await this.#archive.quarantine(bad);
    if (arrived.length > 0) {
      const added = await this.#archive.add(arrived);
      const isNew = (_: Arrived, at: number): boolean => added[at]!.outcome !== 'duplicate';
      const news = arrived.filter(isNew).map(({ run, place }) => ({ run, bytes: place.bytes }));
      this.#counts.imported += news.length;
      this.#counts.duplicate += arrived.length - news.length;
      await this.#events.arrived(news);
    }
    await Promise.all(ends.map(([file, position]) => this.#archive.setPosition(file, position)));
    this.#events.progress();
  }

  #begin(): void {
    if (this.#arrived.length + this.#bad.length + this.#ends.length === 0) this.#begunAt = performance.now();
  }
}
