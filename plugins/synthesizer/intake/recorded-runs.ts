import { hash } from 'node:crypto';
import type { Trajectories } from '#plugins/trajectory/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import { Batch, type BatchLimits, type ImportEvents } from './batch.ts';
import type { Counts } from './counts.ts';

/** Where runs that were recorded here say they come from. */
const FILE = 'recorded';

/** Brings what the agents of this installation recorded into the archive: runs that have ended, each once. */
export class RecordedRuns {
  readonly #trajectories: Trajectories;
  readonly #formats: TrajectoryFormats;
  readonly #archive: TrajectoryArchive;
  readonly #limits: BatchLimits;
  readonly #events: ImportEvents;

  constructor(
    parts: {
      readonly trajectories: Trajectories;
      readonly formats: TrajectoryFormats;
      readonly archive: TrajectoryArchive;
    },
    limits: BatchLimits,
    events: ImportEvents,
  ) {
    this.#trajectories = parts.trajectories;
    this.#formats = parts.formats;
    this.#archive = parts.archive;
    this.#limits = limits;
    this.#events = events;
  }

  async take(counts: Counts, signal: AbortSignal): Promise<void> {
    const batch = new Batch(this.#archive, this.#limits, counts, this.#events);
    // The oldest first, as they came.
    for (const { id } of [...(await this.#trajectories.list({ state: 'ended' }))].reverse()) {
      signal.throwIfAborted();
      const bytesHash = hash('sha256', `${FILE} ${this.#trajectories.place} ${id}`, 'hex').slice(0, 32);
      if (this.#archive.knows(bytesHash)) counts.duplicate++;
      else await this.#add(id, bytesHash, batch, counts);
      await batch.flushIfDue();
    }
    await batch.flush();
  }

  async #add(id: string, bytesHash: string, batch: Batch, counts: Counts): Promise<void> {
    const place = { file: `${FILE}/${id}`, offset: 0, index: 0 };
    try {
      const record = await this.#trajectories.native(id);
      const [run] = this.#formats.parse(record, id);
      batch.run({ run: run!, bytesHash, place: { ...place, bytes: JSON.stringify(record).length } });
    } catch (error) {
      // What is damaged may be mended: it is looked at again, and costs nobody else.
      counts.quarantined++;
      this.#events.problem({ where: place.file, what: (error as Error).message, code: 'RUN_UNREADABLE' });
    }
  }
}
