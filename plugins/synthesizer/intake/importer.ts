import { isDeepStrictEqual } from 'node:util';
import { isFault, reason } from '#kernel';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { ReadEvent, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import { Batch, type BatchLimits, type ImportEvents } from './batch.ts';
import type { Counts } from './counts.ts';

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** Goes on where the last reading of a file ended, instead of looking at all of it. */
  readonly onlyNew: boolean;
  /** What cannot be read costs itself, also where it was named itself. */
  readonly goOn: boolean;
}

/** Brings what files hold into the archive, each record once, and counts every record that it saw. */
export class Importer {
  readonly #formats: TrajectoryFormats;
  readonly #archive: TrajectoryArchive;
  readonly #limits: BatchLimits;
  readonly #events: ImportEvents;

  constructor(
    parts: { readonly formats: TrajectoryFormats; readonly archive: TrajectoryArchive },
    limits: BatchLimits,
    events: ImportEvents,
  ) {
    this.#formats = parts.formats;
    this.#archive = parts.archive;
    this.#limits = limits;
    this.#events = events;
  }

  /** Files, and all that folders hold. What was read until something fails is kept. */
  async paths(paths: readonly string[], counts: Counts, options: ImportOptions): Promise<void> {
    await this.#withBatch(counts, options.signal, async (batch) => {
      for (const path of paths)
        await this.#orTold(path, options, async () => {
          for await (const file of this.#formats.files(path, options.signal)) {
            // In a folder one file that cannot be read, or has gone, costs itself; what was named itself was meant.
            const goOn = options.goOn || file !== path;
            await this.#orTold(file, { ...options, goOn }, () => this.#file(file, counts, batch, options), counts);
          }
        });
    });
  }

  /** What was touched; for lines of a session that are files of their own, the whole session. */
  async files(files: readonly string[], counts: Counts, options: ImportOptions): Promise<void> {
    const sources = await this.#formats.sources(files);
    await this.#withBatch(counts, options.signal, async (batch) => {
      for (const file of sources) await this.#orTold(file, options, () => this.#file(file, counts, batch, options));
    });
  }

  async #withBatch(counts: Counts, signal: AbortSignal, work: (batch: Batch) => Promise<void>): Promise<void> {
    const batch = new Batch(this.#archive, this.#limits, counts, this.#events);
    try {
      await work(batch);
    } catch (error) {
      if (!signal.aborted) await batch.flush();
      throw error;
    }
    await batch.flush();
  }

  async #orTold(
    where: string,
    { signal, goOn }: ImportOptions,
    work: () => Promise<void>,
    counts?: Counts,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!goOn || signal.aborted || (isFault(error) && error.code !== 'PATH_UNREADABLE')) throw error;
      const what = reason(error);
      counts?.refuses(where, what);
      this.#events.problem({ where, what, code: isFault(error) ? error.code : 'FILE_UNREADABLE' });
    }
  }

  async #file(file: string, counts: Counts, batch: Batch, { signal, onlyNew }: ImportOptions): Promise<void> {
    const from = onlyNew ? await this.#archive.position(file) : undefined;
    const known = (bytesHash: string): boolean => this.#archive.knows(bytesHash);
    for await (const event of this.#formats.read(file, { signal, known, ...(from !== undefined && { from }) })) {
      if (event.type !== 'end') this.#take(event, file, counts, batch);
      else {
        counts.waits(file, event.waiting);
        if (!isDeepStrictEqual(event.position, from)) batch.end(file, event.position);
      }
      await batch.flushIfDue();
    }
  }

  #take(event: Exclude<ReadEvent, { readonly type: 'end' }>, file: string, counts: Counts, batch: Batch): void {
    switch (event.type) {
      case 'run':
        counts.takes(file);
        batch.run({ run: event.run, bytesHash: event.bytesHash, place: event.place });
        break;
      case 'known':
        counts.duplicate++;
        break;
      case 'bad': {
        counts.quarantined++;
        const { code, reason, place, bytesHash } = event;
        batch.bad({ file, offset: place.offset, bytesHash, code, reason, at: Date.now() });
        this.#events.problem({ where: `${file}, byte ${place.offset}`, what: reason, code });
        break;
      }
      case 'refused':
        counts.refuses(file, event.reason);
    }
  }
}
