import { isFault } from '#kernel';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { FilePosition, ReadEvent, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import { Batch } from './batch.ts';
import type { Counts } from './counts.ts';

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** Goes on where the last reading of a file ended, instead of looking at all of it. */
  readonly onlyNew: boolean;
}
export interface ImportEvents {
  readonly arrived: (batch: Batch) => Promise<void>;
  readonly problem: (problem: { readonly where: string; readonly what: string; readonly code: string }) => void;
  readonly progress: () => void;
}

/** Brings what files hold into the archive, each record once, and counts every record that it saw. */
export class Importer {
  readonly #formats: TrajectoryFormats;
  readonly #archive: TrajectoryArchive;
  readonly #limits: { readonly runs: number; readonly bytes: number };
  readonly #events: ImportEvents;
  readonly #bad = new Set<string>();

  constructor(
    parts: { readonly formats: TrajectoryFormats; readonly archive: TrajectoryArchive },
    limits: { readonly runs: number; readonly bytes: number },
    events: ImportEvents,
  ) {
    this.#formats = parts.formats;
    this.#archive = parts.archive;
    this.#limits = limits;
    this.#events = events;
  }

  async begin(): Promise<void> {
    for (const { bytesHash } of await this.#archive.quarantined()) this.#bad.add(bytesHash);
  }

  async path(path: string, counts: Counts, options: ImportOptions): Promise<void> {
    for await (const file of this.#formats.files(path, options.signal)) {
      try {
        await this.file(file, counts, options);
      } catch (error) {
        // In a folder one file that cannot be read, or has gone, costs itself; what was named itself was meant.
        if (file === path || !isFault(error) || error.code !== 'PATH_UNREADABLE') throw error;
        counts.refused.push({ file, reason: error.message });
        this.#events.problem({ where: file, what: error.message, code: error.code });
      }
    }
  }

  /** What is acknowledged in the position is in the archive. */
  async file(file: string, counts: Counts, { signal, onlyNew }: ImportOptions): Promise<void> {
    const from = onlyNew ? await this.#archive.position(file) : undefined;
    const batch = new Batch(this.#archive, this.#limits);
    let end: FilePosition | undefined;
    const known = (bytesHash: string): boolean => this.#archive.knows(bytesHash);
    for await (const event of this.#formats.read(file, { signal, known, ...(from !== undefined && { from }) })) {
      this.#count(event, file, counts, batch);
      if (event.type === 'end') end = event.position;
      if (batch.isFull) await this.#flush(batch, counts);
    }
    await this.#flush(batch, counts);
    if (end !== undefined) await this.#archive.setPosition(file, end);
    this.#events.progress();
  }

  #count(event: ReadEvent, file: string, counts: Counts, batch: Batch): void {
    switch (event.type) {
      case 'run':
        counts.seen++;
        batch.add({ run: event.run, bytesHash: event.bytesHash, place: event.place });
        break;
      case 'known':
        counts.seen++;
        if (this.#bad.has(event.bytesHash)) counts.quarantined++;
        else counts.duplicate++;
        break;
      case 'bad': {
        counts.seen++;
        counts.quarantined++;
        this.#bad.add(event.bytesHash);
        const { code, reason, place, bytesHash } = event;
        batch.quarantine({ file, offset: place.offset, bytesHash, code, reason, at: Date.now() });
        this.#events.problem({ where: `${file}, byte ${place.offset}`, what: reason, code });
        break;
      }
      case 'refused':
        counts.refused.push({ file, reason: event.reason });
        break;
      case 'end':
        counts.waits(file, event.waiting);
    }
  }

  async #flush(batch: Batch, counts: Counts): Promise<void> {
    if (batch.isEmpty) return;
    const outcomes = await batch.write();
    for (const { outcome } of outcomes) {
      if (outcome === 'duplicate') counts.duplicate++;
      else counts.imported++;
    }
    await this.#events.arrived(batch);
    batch.clear();
    this.#events.progress();
  }
}
