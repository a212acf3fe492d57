import { fault } from '#kernel';
import type { Trajectories } from '#plugins/trajectory/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { BatchLimits, ImportEvents } from './batch.ts';
import { Counts } from './counts.ts';
import { Importer } from './importer.ts';
import { RecordedRuns } from './recorded-runs.ts';
import { WatchedFiles } from './watched-files.ts';

export interface IntakeParts {
  readonly formats: TrajectoryFormats;
  readonly archive: TrajectoryArchive;
  /** Absent: what was recorded here is not wanted. */
  readonly recorded: Trajectories | undefined;
}
export interface IntakeEvents extends ImportEvents {
  /** All that was there is read. */
  readonly paused: () => void;
}
export interface WatchLimits {
  readonly quietMs: number;
  readonly sweepMs: number;
}

/** Where trajectories come from in one run: what is recorded here, files, folders. */
export class Intake {
  readonly counts = new Counts();
  /** Something is being read: what belongs together comes together. */
  isReading = false;
  readonly #formats: TrajectoryFormats;
  readonly #importer: Importer;
  readonly #recorded: RecordedRuns | undefined;
  readonly #events: IntakeEvents;

  constructor(parts: IntakeParts, limits: BatchLimits, events: IntakeEvents) {
    const { formats, archive, recorded } = parts;
    this.#formats = formats;
    this.#events = events;
    this.#importer = new Importer(parts, limits, events);
    this.#recorded = recorded && new RecordedRuns({ formats, archive, trajectories: recorded }, limits, events);
  }

  /** All that is there. Fault FORMAT_UNKNOWN where nothing that was named holds a trajectory. */
  async all(paths: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#read(async () => {
      await this.#recorded?.take(this.counts, signal);
      await this.#importer.paths(paths, this.counts, { signal, onlyNew: false, goOn: false });
    });
    const { seen, waiting } = this.counts;
    const [refused] = this.counts.refused;
    if (seen === 0 && waiting === 0 && refused !== undefined)
      throw fault('FORMAT_UNKNOWN', `no trajectories: ${refused.file}: ${refused.reason}`, {
        kind: 'invalid',
        alternatives: this.#formats.readable,
      });
  }

  /** What is there, then what comes, until the signal. A file that cannot be read costs nobody else. */
  async follow(paths: readonly string[], limits: WatchLimits, signal: AbortSignal): Promise<void> {
    const watched = new WatchedFiles(paths, limits);
    await watched.open();
    const options = { signal, onlyNew: true, goOn: true };
    try {
      let todo = { files: [] as readonly string[], sweep: true };
      while (!signal.aborted) {
        const { files, sweep } = todo;
        await this.#read(async () => {
          if (sweep) await this.#takeRecorded(signal);
          if (sweep) await this.#importer.paths(paths, this.counts, options);
          else await this.#importer.files(files, this.counts, options);
        });
        todo = await watched.next(signal).catch(() => todo);
      }
    } finally {
      await watched.close();
    }
  }

  async #read(work: () => Promise<void>): Promise<void> {
    // Before the other work looks whether all is read.
    this.isReading = true;
    try {
      await work();
    } finally {
      this.isReading = false;
      this.#events.paused();
    }
  }

  /** Counted anew each time: a watch that lasts counts only what came. */
  async #takeRecorded(signal: AbortSignal): Promise<void> {
    const found = new Counts();
    await this.#recorded?.take(found, signal);
    this.counts.imported += found.imported;
  }
}
